import { toHex } from '@countersign/codec';
import { ExitCode, ProgramError, quote, type Implementation, type ProgramRun } from '@countersign/program';
import { ExecutorError } from '../executor-error.ts';
import { takeLock } from '../home/process-lock.ts';
import { listed } from '../listed.ts';
import { attemptMs, sendNotice } from '../notify/channel.ts';
import { deliverDue, type Attempt } from '../notify/deliver.ts';
import { pause } from '../pause.ts';
import { testNotice } from '../notify/test-notice.ts';
import { backlogs } from '../store/notification.ts';
import type { World } from '../world.ts';
import { inHome } from './session.ts';

const followMs = 2_000;
const interruptGraceMs = 15_000;

/** `notify`: sends what is queued, once or until it is interrupted. Nothing that is sent can approve. */
export const notify: Implementation = inHome(async ({ world, run, options }) => {
  const name = options.text('test');
  const follow = options.flag('follow');
  if (name !== undefined && follow)
    throw new ProgramError('usage/arguments', '--test and --follow exclude each other');
  if (name !== undefined) return testChannel(world, run, name);
  // Two at once would send twice what one sends.
  const lock = takeLock(world.paths.locks, 'notify', 0);
  try {
    return follow ? await followQueue(world, run) : await onePass(world, run);
  } finally {
    lock.release();
  }
});

async function onePass(world: World, run: ProgramRun): Promise<ExitCode> {
  const attempts = await deliverDue(world, run.surroundings.environment, run.signal);
  const failed = attempts.filter(({ failure }) => failure !== undefined);
  run.output.document({
    code: failed.length === 0 ? 'notify/delivered' : 'notify/undelivered',
    ...(failed.length === 0 ? {} : undelivered),
    attempts,
    backlog: backlogs(world.store),
  });
  for (const attempt of attempts) run.output.line(lineOf(attempt));
  if (attempts.length === 0) run.output.line('nothing is due');
  for (const { channel, waiting, givenUp } of backlogs(world.store))
    run.output.line(run.output.colours.dim(`${channel}: ${waiting} wait, ${givenUp} given up`));
  return failed.length === 0 ? ExitCode.done : ExitCode.error;
}

const undelivered = {
  message: 'some messages could not be delivered',
  hint: 'they are tried again, later and later; the requests are as they were',
};

async function followQueue(world: World, run: ProgramRun): Promise<ExitCode> {
  run.holdInterrupt(interruptGraceMs);
  run.output.note('sending what is queued; Ctrl-C ends it');
  let delivered = 0;
  while (!run.signal.aborted) {
    const attempts = await deliverDue(world, run.surroundings.environment, run.signal);
    for (const attempt of attempts) run.output.note(lineOf(attempt));
    delivered += attempts.filter(({ failure }) => failure === undefined).length;
    await pause(followMs, run.signal);
  }
  run.output.document({ code: 'notify/stopped', delivered, backlog: backlogs(world.store) });
  return ExitCode.done;
}

function lineOf({ channel, event, requestId, failure, givenUp }: Attempt): string {
  const what = `${channel}  ${event}  ${toHex(requestId).slice(0, 8)}`;
  if (failure === undefined) return `sent      ${what}`;
  return `${givenUp === true ? 'given up' : 'failed  '}  ${what}  ${failure}`;
}

async function testChannel(
  world: World,
  { output, surroundings }: ProgramRun,
  name: string,
): Promise<ExitCode> {
  const channel = world.configuration.notify.get(name);
  if (channel === undefined) {
    const there = listed([...world.configuration.notify.keys()]);
    throw new ExecutorError('notify/unknown-channel', `no channel ${quote(name)}, there is ${there}`, {
      hint: 'channels stand under notify: in countersign.yaml',
    });
  }
  const signal = AbortSignal.timeout(attemptMs);
  await sendNotice(world, surroundings.environment, channel, testNotice(world), signal);
  output.document({ code: 'notify/tested', channel: name });
  output.line(`sent      ${name}  a message of no request`);
  return ExitCode.done;
}
