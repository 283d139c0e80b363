/** A jump over more than this many screens does not count as having passed what lies between. */
const screensMax = 2;

/** Which rows were on the screen. */
export class Coverage {
  readonly count: number;
  readonly #seen: Uint8Array;
  readonly #changed: () => void;
  #total = 0;
  #last: { readonly shown: readonly number[]; readonly first: number; readonly last: number } | undefined;

  constructor(count: number, changed: () => void) {
    this.count = count;
    this.#seen = new Uint8Array(count);
    this.#changed = changed;
  }

  get seen(): number {
    return this.#total;
  }

  /**
   * Notes that the places `first` to `last` (exclusive) of a list of rows are on the screen. Where the list is the same as before and only
   * scrolled on a little, what lies between passed over the screen too.
   */
  see(shown: readonly number[], first: number, last: number): void {
    const before = this.#total;
    const [from, to] = this.#passed(shown, first, last);
    for (let place = from; place < to; place += 1) {
      const index = shown[place];
      if (index === undefined || this.#seen[index] !== 0) continue;
      this.#seen[index] = 1;
      this.#total += 1;
    }
    this.#last = { shown, first, last };
    if (this.#total !== before) this.#changed();
  }

  /** Returns the first row that was not on the screen. */
  firstMissing(): number | undefined {
    const index = this.#seen.indexOf(0);
    return index === -1 ? undefined : index;
  }

  #passed(shown: readonly number[], first: number, last: number): readonly [number, number] {
    const before = this.#last;
    if (before?.shown !== shown) return [first, last];
    const gap = Math.max(first - before.last, before.first - last);
    if (gap > screensMax * (last - first)) return [first, last];
    return [Math.min(first, before.last), Math.max(last, before.first)];
  }
}
