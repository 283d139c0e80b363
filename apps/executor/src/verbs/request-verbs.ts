import {
  codeFileOptions,
  codeStyleOptions,
  passphraseFile,
  type OptionLine,
  type Verb,
} from '@countersign/program';
import { asIdentity, contextOptions, onTarget } from './shared-options.ts';

const waitOption: OptionLine = {
  flags: '--wait <duration>',
  text: 'wait for the approvers this long, such as 30m, then run',
};

/** The life of a request, from the statement to its undoing. */
export const requestVerbs: readonly Verb[] = [
  {
    usage: 'classify [file]',
    summary: 'say what SQL does; needs no home and no database',
    options: [{ flags: '--dialect <dialect>', text: 'sqlite, postgres, mysql or mariadb (default: sqlite)' }],
    example: "echo 'DELETE FROM orders' | countersign classify -",
    load: async () => (await import('../commands/classify.ts')).classifyCommand,
  },
  {
    usage: 'submit [sql]',
    summary: 'submit SQL: it runs, is denied, or waits for approvers',
    options: [
      onTarget,
      { flags: '-f, --file <path>', text: 'read the SQL from a file' },
      {
        flags: '--param <name=json>',
        text: 'value for a named place of the statement (SQLite: `:tier`, `@tier`, `$tier`), such as tier=\'"gold"\', or for the first, second, … `?` or `$1`, such as 1=42',
        repeat: true,
      },
      { flags: '--reason <text>', text: 'why; approvers read it' },
      {
        flags: '--amendment <id>',
        text: 'take up the statements that an approver proposed for this request',
      },
      {
        flags: '--again <id>',
        text: 'submit once more what drifted, failed, expired or was withdrawn, with a fresh dry run',
      },
      ...contextOptions,
      {
        flags: '--break-glass',
        text: 'declare an emergency: policy may ask other people, everybody is told, and nothing is approved by it',
      },
      asIdentity,
      waitOption,
      { flags: '--dry-run', text: 'show what would change and what policy says; ask nobody' },
      passphraseFile,
    ],
    example: 'countersign submit "UPDATE customers SET tier = \'gold\' WHERE id = 7" --reason "ticket 4711"',
    load: async () => (await import('../commands/submit.ts')).submit,
  },
  {
    usage: 'list',
    summary: 'requests, newest first',
    options: [
      { flags: '--state <state>', text: 'only those in this state, such as pending' },
      { flags: '--limit <count>', text: 'at most this many (default: 50)' },
    ],
    example: 'countersign list --state pending',
    load: async () => (await import('../commands/queue.ts')).list,
  },
  {
    usage: 'show <id>',
    summary: 'one request: what, why, who decided, what happened',
    example: 'countersign show 3f9c',
    load: async () => (await import('../commands/queue.ts')).show,
  },
  {
    usage: 'wait <id>',
    summary: 'wait until a request is decided or ended',
    options: [{ flags: '--timeout <duration>', text: 'give up after this long (default: 10m)' }],
    example: 'countersign wait 3f9c --timeout 1h',
    load: async () => (await import('../commands/queue.ts')).wait,
  },
  {
    usage: 'withdraw <id>',
    summary: 'take a request back',
    options: [{ flags: '--reason <text>', text: 'why' }, asIdentity, passphraseFile],
    example: 'countersign withdraw 3f9c --reason "wrong customer"',
    load: async () => (await import('../commands/queue.ts')).withdraw,
  },
  {
    usage: 'diff <id>',
    summary: 'exactly which rows a request changes',
    options: [{ flags: '--as-run', text: 'which rows its run changed, or would have when it drifted' }],
    example: 'countersign diff 3f9c',
    load: async () => (await import('../commands/queue.ts')).diff,
  },
  {
    usage: 'export <id>',
    summary: 'carry a request out: as a file, as QR on the terminal or as pictures',
    options: [
      { flags: '--file <path>', text: 'write the bundle (.csreq)' },
      { flags: '--qr', text: 'show it as QR on the terminal' },
      ...codeFileOptions,
      ...codeStyleOptions,
    ],
    example: 'countersign export 3f9c --file /media/stick/3f9c.csreq',
    load: async () => (await import('../commands/export.ts')).exportCommand,
  },
  {
    usage: 'import <paths...>',
    summary: 'carry decisions in: files, QR pictures or a folder of them',
    options: [{ flags: '--run', text: 'run each request as soon as its quorum is complete' }],
    example: 'countersign import /media/stick --run',
    load: async () => (await import('../commands/import.ts')).importCommand,
  },
  {
    usage: 'scan',
    summary: 'open a page on this machine that shows requests as QR and reads decisions with a camera',
    example: 'countersign scan',
    load: async () => (await import('../commands/scan.ts')).scan,
  },
  {
    usage: 'serve',
    summary: 'take submissions and carry decisions over HTTP; nothing can be approved with it',
    options: [
      { flags: '--listen <address>', text: 'address and port (default: 127.0.0.1:7070)' },
      { flags: '--tls-cert <file>', text: 'certificate chain, PEM' },
      { flags: '--tls-key <file>', text: 'its private key, PEM' },
      { flags: '--behind-proxy', text: 'a proxy in front of it has TLS' },
      {
        flags: '--name <host>',
        text: 'a name, with its port unless 443, under which it is called',
        repeat: true,
      },
    ],
    example: 'countersign serve --listen 127.0.0.1:7070',
    load: async () => (await import('../commands/serve.ts')).serve,
  },
  {
    usage: 'run <id>',
    summary: 'run an approved request, once, if its effect is still the approved one',
    example: 'countersign run 3f9c',
    load: async () => (await import('../commands/run.ts')).run,
  },
  {
    usage: 'resolve <id>',
    summary: 'say how a run ended whose outcome cannot be proved',
    options: [
      { flags: '--outcome <outcome>', text: 'ran or did-not-run' },
      { flags: '--reason <text>', text: 'how you know' },
      asIdentity,
      passphraseFile,
    ],
    example: 'countersign resolve 3f9c --outcome did-not-run --reason "checked the rows by hand"',
    load: async () => (await import('../commands/run.ts')).resolve,
  },
  {
    usage: 'undo <id>',
    summary: 'submit the statements that restore the rows a request changed',
    options: [{ flags: '--reason <text>', text: 'why' }, asIdentity, waitOption, passphraseFile],
    example: 'countersign undo 3f9c --reason "wrong tier"',
    load: async () => (await import('../commands/undo.ts')).undo,
  },
];
