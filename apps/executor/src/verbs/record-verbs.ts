import { passphraseFile, type Verb } from '@countersign/program';
import { asIdentity, contextOptions, onTarget } from './shared-options.ts';

/** Policy as code, and the ledger. */
export const recordVerbs: readonly Verb[] = [
  {
    usage: 'policy check',
    summary: 'load the policy and name everything that is wrong with it',
    options: [{ flags: '--dir <directory>', text: 'a folder other than the one in force' }],
    example: 'countersign policy check --dir policy',
    load: async () => (await import('../commands/policy.ts')).policyCheck,
  },
  {
    usage: 'policy explain <sql>',
    summary: 'which rules speak on a statement, and why; nothing is run or recorded',
    options: [
      onTarget,
      { flags: '--reason <text>', text: 'the reason it would be submitted with' },
      ...contextOptions,
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
