import { passphraseFile, type Verb } from '@countersign/program';
import { asIdentity } from './shared-options.ts';

/** Making a home and keeping it: keys, roster, targets, checks. */
export const setupVerbs: readonly Verb[] = [
  {
    usage: 'init',
    summary: 'make a home: configuration, executor key, first policy, root and roster',
    options: [
      {
        flags: '--target <name=url>',
        text: 'a database, such as shop=sqlite:shop.db or shop=postgres://owner@db.example/shop',
        repeat: true,
      },
      {
        flags: '--approver <name=file>',
        text: 'public key (.cspub) of a person who may approve',
        repeat: true,
      },
      { flags: '--operator <name>', text: 'name of the first operator (default: the login name)' },
      { flags: '--demo', text: 'a sample database and the published example keys; for trying out only' },
      { flags: '--no-passphrase', text: 'write the root and operator keys unencrypted' },
      passphraseFile,
    ],
    example:
      'countersign init --target shop=sqlite:shop.db --approver ada=ada.cspub --approver ben=ben.cspub',
    load: async () => (await import('../commands/init.ts')).init,
  },
  {
    usage: 'doctor',
    summary: 'check everything that can be wrong, and say how to mend it',
    example: 'countersign doctor',
    load: async () => (await import('../commands/doctor.ts')).doctor,
  },
  {
    usage: 'key generate <name>',
    summary: 'make a key pair, NAME.cskey and NAME.cspub',
    options: [
      { flags: '--kind <kind>', text: 'human, service, agent or executor (default: human)' },
      { flags: '--role <role>', text: 'role to propose for the roster', repeat: true },
      { flags: '--out <directory>', text: 'where to write (default: the working directory)' },
      { flags: '--no-passphrase', text: 'write the private key unencrypted' },
      passphraseFile,
    ],
    example: 'countersign key generate ada --role dba --out keys',
    load: async () => (await import('@countersign/program')).keyGenerate,
  },
  {
    usage: 'key show <file>',
    summary: 'show what a key file holds, never the private part',
    example: 'countersign key show ada.cspub',
    load: async () => (await import('@countersign/program')).keyShow,
  },
  {
    usage: 'key fingerprint <file>',
    summary: 'the fingerprint of a public key, in words and hex',
    example: 'countersign key fingerprint ada.cspub',
    load: async () => (await import('@countersign/program')).keyFingerprintCommand,
  },
  {
    usage: 'key webhook <file>',
    summary: 'make the key that signs webhooks, and show its public half; it signs nothing else',
    example: 'countersign key webhook .countersign/keys/webhook.key',
    load: async () => (await import('../commands/webhook-key.ts')).webhookKey,
  },
  {
    usage: 'roster show',
    summary: 'who may submit, approve and audit',
    options: [{ flags: '--yaml', text: 'as a file to edit and hand to `roster propose`' }],
    example: 'countersign roster show --yaml > roster.yaml',
    load: async () => (await import('../commands/roster.ts')).rosterShow,
  },
  {
    usage: 'roster propose <file>',
    summary: 'make the next roster from an edited YAML file, not yet signed',
    options: [{ flags: '--out <path>', text: 'where to write (default: next.csroster)' }],
    example: 'countersign roster propose roster.yaml --out next.csroster',
    load: async () => (await import('../commands/roster.ts')).rosterPropose,
  },
  {
    usage: 'roster sign <file>',
    summary: 'add the signature of a root key to a proposed roster',
    options: [{ flags: '--key <file>', text: 'private root key (.cskey)' }, passphraseFile],
    example: 'countersign roster sign next.csroster --key root-1.cskey',
    load: async () => (await import('../commands/roster.ts')).rosterSign,
  },
  {
    usage: 'roster install <file>',
    summary: 'take a roster into force once enough root keys signed it',
    example: 'countersign roster install next.csroster',
    load: async () => (await import('../commands/roster.ts')).rosterInstall,
  },
  {
    usage: 'identity list',
    summary: 'who may submit, with which keys, and which of them are good',
    example: 'countersign identity list',
    load: async () => (await import('../commands/identity.ts')).identityList,
  },
  {
    usage: 'identity revoke <id>',
    summary: 'take nothing more from a submitter (id or key id), from this moment on',
    options: [
      { flags: '--reason <text>', text: 'why; the ledger keeps it' },
      { flags: '--withdraw', text: 'take back what it submitted and what still waits' },
      asIdentity,
      passphraseFile,
    ],
    example: 'countersign identity revoke ci --reason "the key was in a build log"',
    load: async () => (await import('../commands/identity.ts')).identityRevoke,
  },
  {
    usage: 'target list',
    summary: 'the databases this home knows',
    example: 'countersign target list',
    load: async () => (await import('../commands/target.ts')).targetList,
  },
  {
    usage: 'target check <name>',
    summary: 'open a database and show what identifies it',
    example: 'countersign target check shop',
    load: async () => (await import('../commands/target.ts')).targetCheck,
  },
  {
    usage: 'target prepare <name>',
    summary: 'make the table in which each run leaves its mark',
    options: [{ flags: '--print', text: 'show the SQL for an administrator, and run nothing' }],
    example: 'countersign target prepare shop',
    load: async () => (await import('../commands/target.ts')).targetPrepare,
  },
];
