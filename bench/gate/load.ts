import { setTimeout as sleep } from 'node:timers/promises';

/** What a road did under load. */
export interface Load {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers in all, the first ones too. */
  readonly count: number;
  /** The slowest of the answers before the round, one for each client, asked at once. */
  readonly firstMs: number;
}

/** Seconds after which a round asks nothing more, so that a slow road does not hold up the others. */
const secondsMax = 5;

/** Something that asks once and throws when the answer is wrong. */
export type Ask = () => Promise<void>;

/** Lets clients ask in turn, each as soon as it has its answer, until `count` answers are there in all or the time is over. */
export async function load(clients: readonly Ask[], count: number): Promise<Load> {
  const firstMs = await openingOf(clients);
  const times: number[] = [];
  let begun = 0;
  const start = performance.now();
  const one = async (ask: Ask): Promise<void> => {
    while (begun < count && performance.now() - start < secondsMax * 1000) {
      begun += 1;
      const before = performance.now();
      await ask();
      times.push(performance.now() - before);
    }
  };
  await Promise.all(clients.map(one));
  return { ...summary(times, start), count: times.length + clients.length, firstMs };
}

/**
 * Lets clients ask at a steady rate, the next one each time, until `count` answers are there. A client that still waits when it is its
 * turn again asks later, and its time counts from that turn.
 */
export async function paced(clients: readonly Ask[], perSecond: number, count: number): Promise<Load> {
  const firstMs = await openingOf(clients);
  const times: number[] = [];
  const start = performance.now();
  const one = async (ask: Ask, index: number): Promise<void> => {
    for (let turn = index; turn < count; turn += clients.length) {
      if (performance.now() - start >= secondsMax * 1000) return;
      const due = start + (turn * 1000) / perSecond;
      const early = due - performance.now();
      if (early > 0) await sleep(early);
      // A timer that is late is the load's own fault, and not the road's.
      const before = early > 0 ? performance.now() : due;
      await ask();
      times.push(performance.now() - before);
    }
  };
  await Promise.all(clients.map(one));
  return { ...summary(times, start), count: times.length + clients.length, firstMs };
}

/** Lets each client ask once, all at once, and returns the slowest answer: after a pause sessions may have to be opened again. */
async function openingOf(clients: readonly Ask[]): Promise<number> {
  const start = performance.now();
  await Promise.all(clients.map((ask) => ask()));
  return performance.now() - start;
}

function summary(times: readonly number[], start: number): Omit<Load, 'count' | 'firstMs'> {
  const seconds = (performance.now() - start) / 1000;
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { perSecond: times.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}
