/** What a road did under load. */
export interface Load {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Something that asks once and throws when the answer is wrong. */
export type Ask = () => Promise<void>;

/** Lets clients ask in turn, each as soon as it has its answer, until `count` answers are there in all. */
export async function load(clients: readonly Ask[], count: number): Promise<Load> {
  const times: number[] = [];
  let begun = 0;
  const start = performance.now();
  const one = async (ask: Ask): Promise<void> => {
    while (begun < count) {
      begun += 1;
      const before = performance.now();
      await ask();
      times.push(performance.now() - before);
    }
  };
  await Promise.all(clients.map(one));
  const seconds = (performance.now() - start) / 1000;
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { perSecond: count / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}
