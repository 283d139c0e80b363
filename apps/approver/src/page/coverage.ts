/** A jump over more than this many screens does not count as having passed what lies between. */
const screensMax = 2;

/** What a coverage asks about the rows that it follows. */
export interface Follow {
  readonly rows: number;
  readonly columns: number;
  /** Returns the columns of a row that must be seen. */
  readonly columnsToSee: (row: number) => readonly number[];
  /** Called whenever more rows are seen. */
  readonly changed: () => void;
}

/** What of a list of rows is on the screen. */
export interface Sight {
  /** Indexes of the rows of the list; the same array while the list is the same. */
  readonly shown: readonly number[];
  /** Places in the list, `last` exclusive. */
  readonly first: number;
  readonly last: number;
  /** Columns that are in sight from edge to edge; the same array while they are the same. */
  readonly columns: readonly number[];
  /** Returns whether a cell shows all of its values. */
  readonly isWhole: (row: number, column: number) => boolean;
}

/** Which rows were on the screen: a row counts once each of its columns that must be seen was in sight, uncut. */
export class Coverage {
  readonly count: number;
  readonly #follow: Follow;
  readonly #cells: Uint8Array;
  readonly #seen: Uint8Array;
  #total = 0;
  #last: Sight | undefined;

  constructor(follow: Follow) {
    this.#follow = follow;
    this.count = follow.rows;
    this.#cells = new Uint8Array(follow.rows * follow.columns);
    this.#seen = new Uint8Array(follow.rows);
  }

  get seen(): number {
    return this.#total;
  }

  /**
   * Notes what is on the screen. Where list and columns are the same as before and the list only scrolled on a little, what lies between
   * passed over the screen too.
   */
  see(sight: Sight): void {
    const before = this.#total;
    const [from, to] = this.#passed(sight);
    for (let place = from; place < to; place += 1) {
      const row = sight.shown[place];
      if (row === undefined || this.#seen[row] !== 0) continue;
      for (const column of sight.columns)
        if (!this.#hasSeen(row, column) && sight.isWhole(row, column)) this.#mark(row, column);
      this.#close(row);
    }
    this.#last = sight;
    if (this.#total !== before) this.#follow.changed();
  }

  /** Notes that the list is not on the screen: what passes meanwhile is not seen. */
  leave(): void {
    this.#last = undefined;
  }

  /** Notes that the values of one cell were on the screen whole, elsewhere than in the list. */
  seeCell(row: number, column: number): void {
    if (this.#seen[row] !== 0) return;
    this.#mark(row, column);
    if (this.#close(row)) this.#follow.changed();
  }

  /** Returns the first row that does not count yet, and its first column that was not seen. */
  firstMissing(): { readonly row: number; readonly column: number } | undefined {
    const row = this.#seen.indexOf(0);
    if (row === -1) return undefined;
    return { row, column: this.#missingOf(row) ?? 0 };
  }

  #mark(row: number, column: number): void {
    this.#cells[row * this.#follow.columns + column] = 1;
  }

  #hasSeen(row: number, column: number): boolean {
    return this.#cells[row * this.#follow.columns + column] === 1;
  }

  #missingOf(row: number): number | undefined {
    return this.#follow.columnsToSee(row).find((column) => !this.#hasSeen(row, column));
  }

  /** Counts a row of which nothing is missing any more. */
  #close(row: number): boolean {
    if (this.#missingOf(row) !== undefined) return false;
    this.#seen[row] = 1;
    this.#total += 1;
    return true;
  }

  #passed({ shown, first, last, columns }: Sight): readonly [number, number] {
    const before = this.#last;
    if (before?.shown !== shown || before.columns !== columns) return [first, last];
    const gap = Math.max(first - before.last, before.first - last);
    if (gap > screensMax * (last - first)) return [first, last];
    return [Math.min(first, before.last), Math.max(last, before.first)];
  }
}
