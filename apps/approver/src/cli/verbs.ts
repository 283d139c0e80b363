import {
  codeFileOptions,
  codeStyleOptions,
  passphraseFile,
  type OptionLine,
  type Verb,
} from '@countersign/program';

const byKey: OptionLine = { flags: '--key <name>', text: 'your key (default: the only one of the home)' };
const acceptRoster: OptionLine = {
  flags: '--accept-roster <number>',
  text: 'confirm that the roster with this number is in force',
};
const leaving: readonly OptionLine[] = [
  { flags: '--out <path>', text: 'write the response (.csdec)' },
  { flags: '--qr', text: 'show it as QR on the terminal' },
  ...codeFileOptions,
  ...codeStyleOptions,
];
const deciding: readonly OptionLine[] = [
  byKey,
  { flags: '--note <text>', text: 'what the operator, later approvers and auditors read' },
  acceptRoster,
  ...leaving,
  passphraseFile,
];

/** Every command of `countersign-approver`. */
export const approverVerbs: readonly Verb[] = [
  {
    usage: 'init',
    summary: 'make the folder of your keys, from the root file that you were given',
    options: [
      { flags: '--root <file>', text: 'public root keys (root.pub)' },
      {
        flags: '--root-words <words>',
        text: 'the words of a root key, as they were read to you',
        repeat: true,
      },
      { flags: '--yes', text: 'the root keys were compared with their keeper by another way' },
      { flags: '--key <file>', text: 'private key to take over (.cskey); a new one is made otherwise' },
      { flags: '--name <name>', text: 'name of the key (default: that of the file, or the login name)' },
      passphraseFile,
    ],
    example: 'countersign-approver init --root root.pub --name ada',
    load: async () => (await import('./commands/init.ts')).init,
  },
  {
    usage: 'key generate <name>',
    summary: 'make a key pair in the home, or where --out says',
    options: [{ flags: '--out <directory>', text: 'where to write (default: the home)' }, passphraseFile],
    example: 'countersign-approver key generate ada',
    load: async () => (await import('./commands/key.ts')).keyGenerate,
  },
  {
    usage: 'key show <file>',
    summary: 'show what a key file holds, never the private part',
    options: [passphraseFile],
    example: 'countersign-approver key show ada.cspub',
    load: async () => (await import('@countersign/program')).keyShow,
  },
  {
    usage: 'key fingerprint <file>',
    summary: 'the fingerprint of a public key, in words and hex',
    options: [passphraseFile],
    example: 'countersign-approver key fingerprint ada.cspub',
    load: async () => (await import('@countersign/program')).keyFingerprintCommand,
  },
  {
    usage: 'review <paths...>',
    summary: 'verify requests and show them; no key is opened',
    options: [byKey, { flags: '--summary', text: 'the short view, which cannot be approved' }],
    example: 'countersign-approver review /media/stick',
    load: async () => (await import('./commands/review.ts')).review,
  },
  {
    usage: 'approve <paths...>',
    summary: 'show a request in full and sign your approval',
    options: [
      ...deciding,
      {
        flags: '--confirm-rows <count>',
        text: 'the number of rows, asked for where rows or objects are lost',
      },
      { flags: '--max-rows <count>', text: 'do not run it when it changes more rows than this' },
      { flags: '--not-before <time>', text: 'do not run it before, such as 2026-01-31T09:00:00Z' },
      { flags: '--not-after <time>', text: 'do not run it after' },
    ],
    example: 'countersign-approver approve 3f9c.csreq --key ada --out ada.csdec',
    load: async () => (await import('./commands/decide.ts')).approve,
  },
  {
    usage: 'deny <paths...>',
    summary: 'show a request and sign your denial, which stops it',
    options: deciding,
    example: 'countersign-approver deny 3f9c.csreq --key ada --note "wrong customer" --out ada.csdec',
    load: async () => (await import('./commands/decide.ts')).deny,
  },
  {
    usage: 'amend <paths...>',
    summary: 'deny a request and propose other statements in its place',
    options: [...deciding, { flags: '--sql <file>', text: 'the statements that you propose' }],
    example: 'countersign-approver amend 3f9c.csreq --key ada --sql better.sql --out ada.csdec',
    load: async () => (await import('./commands/decide.ts')).amend,
  },
  {
    usage: 'journal show',
    summary: 'what your key has signed, and what the ledgers were seen to say of it',
    options: [byKey],
    example: 'countersign-approver journal show --key ada',
    load: async () => (await import('./commands/journal.ts')).journalShow,
  },
  {
    usage: 'journal verify',
    summary: 'verify the journal: an unbroken chain of decisions, each signed by your key',
    options: [byKey],
    example: 'countersign-approver journal verify',
    load: async () => (await import('./commands/journal.ts')).journalVerify,
  },
  {
    usage: 'journal export',
    summary: 'write the journal for an auditor; with --unconfirmed the response to carry back once more',
    options: [
      byKey,
      { flags: '--unconfirmed', text: 'the decisions that the ledger has not confirmed' },
      ...leaving,
    ],
    example: 'countersign-approver journal export --key ada --out ada.csstate',
    load: async () => (await import('./commands/journal.ts')).journalExport,
  },
  {
    usage: 'roster show',
    summary: 'the roster that you confirmed last',
    options: [byKey],
    example: 'countersign-approver roster show',
    load: async () => (await import('./commands/roster.ts')).rosterShow,
  },
  {
    usage: 'roster install <paths...>',
    summary: 'verify rosters (.csroster), show what they change and take them up',
    options: [acceptRoster],
    example: 'countersign-approver roster install roster-2.csroster --accept-roster 2',
    load: async () => (await import('./commands/roster.ts')).rosterInstall,
  },
  {
    usage: 'selftest',
    summary: 'check clock, keys, signatures, codes and terminal of this machine',
    example: 'countersign-approver selftest',
    load: async () => (await import('./commands/selftest.ts')).selftest,
  },
];
