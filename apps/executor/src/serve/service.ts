import { systemClock, type ProgramRun } from '@countersign/program';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { takeLock, type ProcessLock } from '../home/process-lock.ts';
import type { World } from '../world.ts';
import { identifyCaller } from './doorkeeper.ts';
import type { Log } from './log.ts';
import { Metrics } from './metrics.ts';
import { watchPolicy } from './policy-watch.ts';
import { Rates } from './rates.ts';
import { ServeStore } from './serve-store.ts';
import type { Doorkeeper } from './server.ts';
import { settleInterrupted } from './settle-interrupted.ts';
import { Submissions } from './submissions.ts';
import { TokenCallers } from './token-caller.ts';
import { Watch } from './watch.ts';

/** What routes and mounts work with. One for each server; a home has one server at a time. */
export interface Service {
  readonly world: World;
  readonly log: Log;
  readonly submissions: Submissions;
  readonly watch: Watch;
  readonly metrics: Metrics;
  readonly tokens: TokenCallers;
  readonly rates: Rates;
  /** To be called before the policy is asked: reads it again when its files have changed. */
  readonly freshPolicy: () => void;
  /** Aborted when the server is to stop. */
  readonly stopping: AbortSignal;
  readonly doorkeeper: Doorkeeper;
  /** Returns when nothing is in hand any more, and lets go of the home. */
  readonly close: () => Promise<void>;
}

export interface ServiceParts {
  readonly world: World;
  readonly run: ProgramRun;
  readonly log: Log;
  readonly scheme: 'http' | 'https';
  readonly stopping: AbortSignal;
}

const sweepMs = 60_000;

/**
 * Takes the home for one server and ends what an earlier one left behind.
 * @throws `home/busy` when another server has it
 */
export async function openService({ world, run, log, scheme, stopping }: ServiceParts): Promise<Service> {
  const lock = takeLock(world.paths.locks, 'serve', 0);
  const store = new ServeStore(join(world.paths.directory, 'serve.db'));
  const now = (): number => performance.now();
  const submissions = new Submissions({ world, store, log, max: world.configuration.serve.queue });
  const tokens = new TokenCallers(world, run);
  const metrics = new Metrics(world);
  const freshPolicy = watchPolicy(world);
  submissions.sweep();
  await settleInterrupted(world, log);
  const sweep = setInterval(() => {
    guarded(log, () => {
      freshPolicy();
      store.forget(world.clock());
      submissions.sweep();
    });
  }, sweepMs);
  const rates = new Rates(world.configuration.serve.rate, now);
  const ground = {
    world,
    nonces: store,
    scheme,
    bootedAt: systemClock() - Math.floor(uptime()),
    rates,
    tokenCaller: (token: string) => tokens.identify(token),
  };
  return {
    world,
    log,
    submissions,
    watch: new Watch(world),
    metrics,
    tokens,
    rates,
    freshPolicy,
    stopping,
    doorkeeper: {
      identify: (request, hasBody) => identifyCaller(ground, request, hasBody),
      answered: (call) => {
        metrics.answered(call);
        log('info', 'call', { ...call, tookMs: Math.round(call.tookMs * 1000) / 1000 });
      },
    },
    close: () => closeService({ sweep, submissions, store, lock }),
  };
}

async function closeService(parts: {
  readonly sweep: NodeJS.Timeout;
  readonly submissions: Submissions;
  readonly store: ServeStore;
  readonly lock: ProcessLock;
}): Promise<void> {
  clearInterval(parts.sweep);
  await parts.submissions.settled();
  parts.store.close();
  parts.lock.release();
}

/** A sweep that fails is tried again at the next; a server does not end for it. */
function guarded(log: Log, act: () => void): void {
  try {
    act();
  } catch (thrown) {
    log('error', 'sweep-failed', { reason: thrown instanceof Error ? thrown.message : '' });
  }
}
