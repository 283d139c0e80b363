/** A program for the tests of `runProgram`: each word on its command line is one way to end. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  commandLine,
  ExitCode,
  ProgramError,
  readPassphrase,
  runProgram,
  type ProgramRun,
} from '../src/index.ts';

const ways: Readonly<Record<string, (run: ProgramRun) => Promise<ExitCode>>> = {
  pending: ({ output }) => {
    output.line('waiting for approval');
    output.document({ code: 'request/pending', requestId: Uint8Array.of(1, 255), reviewBy: undefined });
    return Promise.resolve(ExitCode.pending);
  },
  coded: () => {
    throw new ProgramError('file/exists', '"a" exists already', { hint: 'choose another name' });
  },
  sleep: async () => {
    process.stderr.write('sleeping\n');
    await sleep(20_000);
    return ExitCode.done;
  },
  careful: async ({ signal, holdInterrupt }) => {
    holdInterrupt(10_000);
    process.stderr.write('sleeping\n');
    await sleep(20_000, undefined, { signal }).catch(() => undefined);
    return ExitCode.ambiguous;
  },
  much: async ({ output }) => {
    for (let line = 0; line < 20_000; line++) {
      output.line(`line ${line} of a long list`);
      if (line % 100 === 0) await sleep(0);
    }
    process.stderr.write('came to its end\n');
    return ExitCode.drift;
  },
  passphrase: async ({ output, surroundings }) => {
    const length = (await readPassphrase({ surroundings }, { purpose: 'create', subject: 'ada' })).length;
    output.line(`a passphrase of ${length} characters`);
    return ExitCode.done;
  },
};

await runProgram(async (run) => {
  const program = commandLine('fixture', 'ends in one way or another', '1.2.3', run.surroundings);
  let exitCode: ExitCode = ExitCode.done;
  for (const [name, way] of Object.entries(ways)) {
    const command = program.command(name).option('--json');
    command.action(async () => {
      exitCode = await way(run);
    });
  }
  await program.parseAsync(run.surroundings.argv, { from: 'user' });
  return exitCode;
});
