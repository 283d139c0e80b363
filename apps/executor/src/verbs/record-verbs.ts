import { passphraseFile, type Verb } from '@countersign/program';
import { asIdentity, contextOptions, onTarget } from './shared-options.ts';

/** Policy as code, and the ledger. */
export const recordVerbs: readonly Verb[] = [
  {
    usage: 'policy check',
    summary: 'load the policy and name everything that is wrong with it',
    options: [{ flags: '--dir <directory>', text: 'a folder other than the one in force; needs no home' }],
    example: 'countersign policy check --dir policy',
    load: async () => (await import('../commands/policy-check.ts')).policyCheck,
  },
  {
    usage: 'policy test',
    summary: 'run the cases beside the rules (*.test.yaml); needs no database',
    options: [
      { flags: '--dir <directory>', text: 'a folder other than the one in force; needs no home' },
      { flags: '--mutate', text: 'name the changes of the rules that no case would notice' },
      { flags: '--seconds <count>', text: 'how long --mutate may take (default: 60)' },
      {
        flags: '--replay [ledger]',
        text: 'instead of cases, past submissions: of the own ledger, or of an audit bundle (.csledger)',
      },
    ],
    example: 'countersign policy test --dir policy --mutate',
    load: async () => (await import('../commands/policy-test.ts')).policyTest,
  },
  {
    usage: 'policy format',
    summary: 'give rules and cases the one form: order of keys, quotes, space; the meaning stays',
    options: [
      { flags: '--dir <directory>', text: 'a folder other than the one in force; needs no home' },
      { flags: '--check', text: 'write nothing; end with 1 when a file has another form' },
    ],
    example: 'countersign policy format --check --dir policy',
    load: async () => (await import('../commands/policy-format.ts')).policyFormat,
  },
  {
    usage: 'policy list',
    summary: 'every policy that came into force, by digest, with its time',
    example: 'countersign policy list',
    load: async () => (await import('../commands/policy-history.ts')).policyList,
  },
  {
    usage: 'policy restore <digest>',
    summary: 'put back the files of a recorded policy',
    options: [{ flags: '--reason <text>', text: 'why; the ledger keeps it' }, asIdentity, passphraseFile],
    example: 'countersign policy restore 3f9c21aa --reason "the new rules lock us out"',
    load: async () => (await import('../commands/policy-history.ts')).policyRestore,
  },
  {
    usage: 'policy diff <before> <after>',
    summary: 'what two policies (folders, or digests of the ledger) say otherwise, and on which cases',
    example: 'countersign policy diff rules.old rules',
    load: async () => (await import('../commands/policy-diff.ts')).policyDiff,
  },
  {
    usage: 'policy explain <sql>',
    summary: 'which rules speak on a statement, and why; nothing is run or recorded',
    options: [
      onTarget,
      { flags: '--reason <text>', text: 'the reason it would be submitted with' },
      ...contextOptions,
      { flags: '--break-glass', text: 'as a declared emergency' },
      asIdentity,
      passphraseFile,
    ],
    example: 'countersign policy explain "DELETE FROM orders"',
    load: async () => (await import('../commands/policy.ts')).policyExplain,
  },
  {
    usage: 'ledger head',
    summary: 'the signed checkpoint of the ledger',
    example: 'countersign ledger head',
    load: async () => (await import('../commands/ledger.ts')).ledgerHead,
  },
  {
    usage: 'ledger export',
    summary: 'write the whole ledger for an auditor',
    options: [{ flags: '--out <path>', text: 'where to write (default: SIZE.csledger)' }],
    example: 'countersign ledger export --out shop.csledger',
    load: async () => (await import('../commands/ledger.ts')).ledgerExport,
  },
  {
    usage: 'ledger verify',
    summary: 'verify the whole ledger of this home as an auditor would',
    example: 'countersign ledger verify',
    load: async () => (await import('../commands/ledger.ts')).ledgerVerify,
  },
  {
    usage: 'ledger show <id>',
    summary: 'the entries about one request',
    example: 'countersign ledger show 3f9c',
    load: async () => (await import('../commands/ledger.ts')).ledgerShow,
  },
];
