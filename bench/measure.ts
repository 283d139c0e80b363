/** One of the things that are measured beside each other. Each call of `run` does the same work. */
export interface Side {
  readonly name: string;
  readonly run: () => unknown;
}

/** Median, least and greatest of the rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** What a side took: microseconds for one unit of work, and the same as a multiple of the floor of its round. */
export interface Measured {
  readonly name: string;
  readonly micros: Spread;
  readonly ratio: Spread;
}

export interface Effort {
  /** Rounds that count; one more goes before them and is thrown away, unless that is left out. */
  readonly rounds: number;
  readonly warmUp: boolean;
  /** Each side repeats its call in a round until this much time has passed. */
  readonly roundMs: number;
  /** Units of work in one call: statements of a corpus, for example. */
  readonly units: number;
}

const defaultEffort: Effort = { rounds: 31, warmUp: true, roundMs: 15, units: 1 };

/**
 * Measures the sides in alternating rounds, so that a slow moment of the machine meets all of them. The order turns by
 * one each round. The last side is the floor that the ratios are against.
 */
export async function measure(sides: readonly Side[], effort: Partial<Effort> = {}): Promise<Measured[]> {
  const { rounds, warmUp, roundMs, units } = { ...defaultEffort, ...effort };
  const times = sides.map((): number[] => []);
  for (let round = warmUp ? -1 : 0; round < rounds; round += 1) {
    for (let turn = 0; turn < sides.length; turn += 1) {
      const index = (turn + round + 1) % sides.length;
      const side = sides[index];
      if (side === undefined) continue;
      const micros = (await timeOf(side, roundMs)) / units;
      if (round >= 0) times[index]?.push(micros);
    }
  }
  const floor = times.at(-1) ?? [];
  return sides.map(({ name }, index) => {
    const own = times[index] ?? [];
    return { name, micros: spread(own), ratio: spread(own.map((time, at) => time / (floor[at] ?? NaN))) };
  });
}

/** Microseconds of one call, the mean over as many calls as the round's time holds. */
async function timeOf({ run }: Side, roundMs: number): Promise<number> {
  const start = performance.now();
  let calls = 0;
  let now = start;
  do {
    const returned = run();
    if (returned instanceof Promise) await returned;
    calls += 1;
    now = performance.now();
  } while (now - start < roundMs);
  return ((now - start) * 1000) / calls;
}

/** Returns the median, the least and the greatest. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
  return { median, min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN };
}
