import { passphraseFile, type Verb } from '@countersign/program';
import { asIdentity } from './shared-options.ts';

/** The ways in and out for other programs. None of them approves. */
export const serviceVerbs: readonly Verb[] = [
  {
    usage: 'mcp',
    summary: 'serve an AI agent by the Model Context Protocol on standard input and output',
    options: [asIdentity, passphraseFile],
    example: 'countersign mcp --as agent-7',
    load: async () => (await import('../commands/mcp.ts')).mcp,
  },
  {
    usage: 'notify',
    summary: 'send the messages about requests that are queued; they tell, and cannot approve',
    options: [
      { flags: '--follow', text: 'go on until interrupted' },
      { flags: '--test <channel>', text: 'send a message of no request to one channel, and nothing else' },
    ],
    example: 'countersign notify --follow',
    load: async () => (await import('../commands/notify.ts')).notify,
  },
];
