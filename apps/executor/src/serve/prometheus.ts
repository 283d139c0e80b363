/** Names and values of what tells the series of one metric apart. */
export type Labels = Readonly<Record<string, string>>;

/** Something that only grows, by its labels. */
export class Counter {
  readonly #values = new Map<string, number>();

  add(labels: Labels): void {
    const key = labelText(labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + 1);
  }

  lines(name: string): readonly string[] {
    return [...this.#values].map(([labels, value]) => `${name}${labels} ${value}`);
  }
}

interface Observed {
  readonly labels: Labels;
  readonly counts: number[];
  sum: number;
  count: number;
}

/** How often something lay below each of some bounds, by its labels. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #observed = new Map<string, Observed>();

  /** `bounds` ascend. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
  }

  observe(value: number, labels: Labels): void {
    const key = labelText(labels);
    const one = this.#observed.get(key) ?? { labels, counts: this.#bounds.map(() => 0), sum: 0, count: 0 };
    this.#bounds.forEach((bound, index) => {
      if (value <= bound) one.counts[index] = (one.counts[index] ?? 0) + 1;
    });
    one.sum += value;
    one.count += 1;
    this.#observed.set(key, one);
  }

  lines(name: string): readonly string[] {
    return [...this.#observed.values()].flatMap(({ labels, counts, sum, count }) => [
      ...counts.map(
        (below, index) =>
          `${name}_bucket${labelText({ ...labels, le: String(this.#bounds[index]) })} ${below}`,
      ),
      `${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${count}`,
      `${name}_sum${labelText(labels)} ${sum}`,
      `${name}_count${labelText(labels)} ${count}`,
    ]);
  }
}

/** One metric: exactly one of gauge, counter and histogram. */
export interface MetricLine {
  readonly name: string;
  readonly help: string;
  readonly gauge?: readonly (readonly [labels: Labels, value: number])[];
  readonly counter?: Counter;
  readonly histogram?: Histogram;
}

/** Returns metrics in the text form of Prometheus, version 0.0.4. */
export function metricText(metrics: readonly MetricLine[]): string {
  return metrics
    .flatMap(({ name, help, gauge, counter, histogram }) => {
      const type = counter !== undefined ? 'counter' : histogram !== undefined ? 'histogram' : 'gauge';
      const lines =
        counter?.lines(name) ??
        histogram?.lines(name) ??
        (gauge ?? []).map(([labels, value]) => `${name}${labelText(labels)} ${value}`);
      return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines];
    })
    .map((line) => `${line}\n`)
    .join('');
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) =>
      `${name}="${value.replace(/[\\"\n]/g, (one) => (one === '\n' ? String.raw`\n` : `\\${one}`))}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
