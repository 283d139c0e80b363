import { systemClock, type ProgramRun } from '@countersign/program';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { takeLock, type ProcessLock } from '../home/process-lock.ts';
import { pause } from '../pause.ts';
import type { World } from '../world.ts';
import { identifyCaller } from './doorkeeper.ts';
import { FailedCalls } from './failed-calls.ts';
import { HomeSigners } from './home-signers.ts';
import type { Log } from './log.ts';
import { Metrics } from './metrics.ts';
import { OpenCalls } from './open-calls.ts';
import { watchPolicy } from './policy-watch.ts';
import { anAddress, Rates } from './rates.ts';
import { Room } from './room.ts';
import { ServeStore } from './serve-store.ts';
import { defaultServerLimits, type Doorkeeper } from './server.ts';
import { settleInterrupted } from './settle-interrupted.ts';
import { Submissions } from './submissions.ts';
import { TokenCallers } from './token-caller.ts';
import { Watch } from './watch.ts';

/** What routes work with. One for each server; a home has one server at a time. */
export interface Service {
  readonly world: World;
  readonly log: Log;
  readonly room: Room;
  readonly submissions: Submissions;
  /** What drafts were made to follow. */
  readonly drafted: Pick<ServeStore, 'note' | 'followed'>;
  readonly watch: Watch;
  readonly metrics: Metrics;
  readonly signers: HomeSigners;
  readonly tokens: TokenCallers;
  readonly rates: Rates;
  /** Of calls that name nobody, by the address they come from. */
  readonly strangerRates: Rates;
  /** What could not be verified, by the address it comes from. */
  readonly failedCalls: FailedCalls;
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
/** The other quarter of the connections is for probes, and for whoever is told that the server is busy. */
const openCallsMax = Math.floor((defaultServerLimits.connectionsMax * 3) / 4);

/**
 * Takes the home for one server and ends what an earlier one left behind.
 * @throws `home/busy` when another server has it
 */
export async function openService({ world, run, log, scheme, stopping }: ServiceParts): Promise<Service> {
  const lock = takeLock(world.paths.locks, 'serve', 0);
  const store = new ServeStore(join(world.paths.directory, 'serve.db'));
  const now = (): number => performance.now();
  const { queue, queueEach, waits, rate } = world.configuration.serve;
  const room = new Room({ all: queue, each: queueEach });
  const openCalls = new OpenCalls({ waits, all: openCallsMax });
  const submissions = new Submissions({ world, store, log, room });
  const signers = new HomeSigners(world, run);
  const tokens = new TokenCallers(world, signers);
  const metrics = new Metrics(world);
  const freshPolicy = watchPolicy(world);
  const sweeping = await startSweeping(log, async () => {
    freshPolicy();
    store.forget(world.clock());
    submissions.sweep();
    await settleInterrupted(world, log, stopping);
  });
  const rates = new Rates(rate, now);
  const failedCalls = new FailedCalls(rate, now);
  const ground = {
    world,
    nonces: store,
    scheme,
    bootedAt: systemClock() - Math.floor(uptime()),
    rates,
    failedCalls,
    tokenCaller: (token: string) => tokens.identify(token),
  };
  return {
    world,
    log,
    room,
    submissions,
    drafted: store,
    watch: new Watch(world),
    metrics,
    signers,
    tokens,
    rates,
    strangerRates: new Rates(rate, now, anAddress),
    failedCalls,
    freshPolicy,
    stopping,
    doorkeeper: {
      identify: (request, hasBody) => identifyCaller(ground, request, hasBody),
      enter: (identity, waits, giveWay) => openCalls.enter(identity, waits, giveWay),
      answered: (call) => {
        metrics.answered(call);
        log('info', 'call', { ...call, tookMs: Math.round(call.tookMs * 1000) / 1000 });
      },
    },
    close: () => closeService({ sweeping, room, store, lock }),
  };
}

async function closeService(parts: {
  readonly sweeping: Sweeping;
  readonly room: Room;
  readonly store: ServeStore;
  readonly lock: ProcessLock;
}): Promise<void> {
  await parts.sweeping.stop();
  await parts.room.empty();
  parts.store.close();
  parts.lock.release();
}

interface Sweeping {
  /** Returns when no sweep is on its way and none will come. */
  readonly stop: () => Promise<void>;
}

/** Sweeps once before it returns, and then now and then; one of those that fails is tried again at the next. */
async function startSweeping(log: Log, sweep: () => Promise<void>): Promise<Sweeping> {
  await sweep();
  const stopping = new AbortController();
  const swept = keepSweeping(log, sweep, stopping.signal);
  return {
    stop: () => {
      stopping.abort();
      return swept;
    },
  };
}

async function keepSweeping(log: Log, sweep: () => Promise<void>, stopping: AbortSignal): Promise<void> {
  for (;;) {
    await pause(sweepMs, stopping);
    if (stopping.aborted) return;
    try {
      await sweep();
    } catch (thrown) {
      log('error', 'sweep-failed', { reason: thrown instanceof Error ? thrown.message : '' });
    }
  }
}
