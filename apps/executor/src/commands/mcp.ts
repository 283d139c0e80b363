import { Readable, Writable } from 'node:stream';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { ExitCode, ProgramError, type Implementation, type ProgramRun } from '@countersign/program';
import { ExecutorError } from '../executor-error.ts';
import { loadIdentity } from '../home/identity.ts';
import { localAgent } from '../mcp/agent.ts';
import { AgentDesk } from '../mcp/agent-desk.ts';
import { toolServer } from '../mcp/tools.ts';
import { inHome } from './session.ts';

/** One message: a megabyte of SQL, every character of it escaped. */
const messageBytesMax = 8_388_608;
/** A run that was begun is finished and recorded before the program ends; the second interrupt does not wait. */
const interruptGraceMs = 120_000;

/** `mcp`: serves an agent on standard input and output until it closes them. */
export const mcp: Implementation = inHome(async ({ world, run, options }) => {
  if (run.output.json) {
    throw new ProgramError('usage/arguments', 'standard output belongs to the protocol, expected no --json');
  }
  run.holdInterrupt(interruptGraceMs);
  const identity = await loadIdentity(world, run, {
    as: options.text('as'),
    passphraseFile: options.text('passphraseFile'),
  });
  const agent = localAgent(world, identity);
  run.output.note(`serving ${identity.person.id} by the Model Context Protocol on standard input and output`);
  await served(run, new AgentDesk(world, agent));
  await agent.turns.idle();
  return ExitCode.done;
});

async function served(run: ProgramRun, desk: AgentDesk): Promise<void> {
  const { stdin, stdout } = run.surroundings;
  if (!(stdin instanceof Readable) || !(stdout instanceof Writable))
    throw new ProgramError('usage/arguments', 'standard input and output are no streams');
  const transport = new StdioServerTransport(stdin, stdout, { maxBufferSize: messageBytesMax });
  let failure: ExecutorError | undefined;
  const handle = serveStdio(() => toolServer(desk), {
    transport,
    onerror: (error) => {
      run.output.note(`mcp: ${error.message}`);
      if (/^ReadBuffer exceeded/.test(error.message)) failure = tooLarge(error);
    },
  });
  const closed = new Promise<void>((resolve) => {
    const inner = transport.onclose;
    transport.onclose = (): void => {
      inner?.();
      resolve();
    };
  });
  if (run.signal.aborted) await handle.close();
  run.signal.addEventListener('abort', () => void handle.close(), { once: true });
  await closed;
  if (failure !== undefined) throw failure;
}

function tooLarge(cause: Error): ExecutorError {
  return new ExecutorError('mcp/input-too-large', `a message is longer than ${messageBytesMax} bytes`, {
    cause,
    hint: 'submit less SQL at once',
  });
}
