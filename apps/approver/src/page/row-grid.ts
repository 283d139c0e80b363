import type { CellChange } from '@countersign/wording';
import { texts } from './catalogue/index.ts';
import { columnsToSee, isWhole, rowLines, type RowBlock } from './cell-room.ts';
import { Coverage } from './coverage.ts';
import { fill, freshId, h } from './dom.ts';
import { DrawnRows } from './drawn-rows.ts';
import {
  columnLefts,
  columnWidths,
  gridHead,
  gridRow,
  markWidth,
  rowHeight,
  unfoldedRow,
} from './grid-row.ts';
import { columnsInSight } from './grid-sight.ts';
import { topHeight, type Reach } from './reach.ts';
import { RowFilter } from './row-filter.ts';
import { RowWindow } from './row-window.ts';

/** Rows drawn above and below the ones in sight. */
const spare = 6;

/** The changed rows of one table. Only the rows in sight are in the document, however many there are. */
export class RowGrid implements Reach {
  readonly kind = 'rows';
  readonly element: HTMLElement;
  readonly #coverage: Coverage;
  readonly #rows: readonly RowBlock[];
  readonly #scroller: HTMLElement;
  readonly #canvas = h('div', { class: 'grid-canvas', role: 'presentation' });
  readonly #drawn = new DrawnRows(this.#canvas);
  readonly #window = new RowWindow();
  readonly #status = h('p', { class: 'status', 'aria-live': 'polite' });
  readonly #unfolded = h('section', { class: 'unfolded' });
  readonly #filter: RowFilter;
  readonly #id = freshId('row');
  readonly #ends: IntersectionObserver;
  #height = 0;
  #lines = 1;
  /** Indexes of the rows that match, ascending. */
  #shown: readonly number[];
  #active = 0;
  #columns: readonly number[] = [];
  #widths: readonly number[] = [];
  /** The columns in sight from edge to edge. */
  #inSight: readonly number[] = [];
  #lefts: readonly string[] = [];
  #headHeight = 0;
  #showing = '';
  #isInSight = false;
  /** Nothing is unfolded before a person moved to a row. */
  #isUnfolded = false;
  #frame = 0;

  constructor(table: string, rows: readonly RowBlock[], reached: () => void) {
    this.#rows = rows;
    this.#shown = rows.map((_, index) => index);
    this.#coverage = new Coverage({
      rows: rows.length,
      columns: rows[0]?.cells.length ?? 0,
      columnsToSee: (row) => columnsToSee(this.#rowAt(row)),
      changed: reached,
    });
    this.#ends = new IntersectionObserver((entries) => this.#seeEnds(entries));
    this.#filter = new RowFilter(rows, this.#status, {
      filter: () => this.#refill(),
      lay: () => this.#lay(),
    });
    this.#scroller = h(
      'div',
      {
        class: 'grid',
        role: 'grid',
        tabindex: 0,
        'aria-label': texts.grid.label(table),
        'aria-readonly': true,
      },
      this.#canvas,
    );
    this.#scroller.addEventListener('scroll', () => this.#schedule(), { passive: true });
    this.#scroller.addEventListener('keydown', (event) => this.#press(event));
    this.#scroller.addEventListener('click', (event) => this.#click(event));
    this.element = h(
      'div',
      { class: 'rows' },
      h('h3', {}, texts.grid.title, h('strong', { class: 'mono' }, table)),
      this.#filter.element,
      this.#scroller,
      this.#filter.isLong ? h('p', { class: 'hint' }, texts.grid.keys) : null,
      this.#unfolded,
    );
    this.#lay();
    this.#watch();
    new ResizeObserver(() => this.#measure()).observe(this.#scroller);
  }

  get seen(): number {
    return this.#coverage.seen;
  }

  get count(): number {
    return this.#coverage.count;
  }

  /** Scrolls to the first row that does not count as seen, and to what of it was not in sight; a value that is cut is unfolded. */
  goToUnseen(): void {
    const missing = this.#coverage.firstMissing();
    if (missing === undefined) return;
    const { row, column } = missing;
    this.#filter.wantAll();
    this.#lay();
    if (!this.#isWhole(row, column) && !this.#filter.isWrapped) {
      this.#filter.wrap();
      this.#lay();
    }
    this.#active = row;
    this.#scroller.focus();
    this.#scroller.scrollIntoView({ block: 'nearest' });
    this.#scrollToColumn(column);
    // Topmost, so that each press brings as many rows as there is room for.
    this.#scrollTo(row * this.#height);
    this.#scrollToActive();
    // Too long even for wrapped lines, or too wide for the window: what is below has room for it.
    if (this.#isWhole(row, column) && this.#inSight.includes(column)) return;
    this.#isUnfolded = true;
    this.#unfold();
    this.#unfolded.querySelector(`[data-column="${column}"]`)?.scrollIntoView({ block: 'nearest' });
  }

  #rowAt(index: number): RowBlock {
    const row = this.#rows[index];
    if (row === undefined) throw new RangeError(`no row ${index}`);
    return row;
  }

  #isWhole(row: number, column: number): boolean {
    const { cells, mark } = this.#rowAt(row);
    const [cell, place] = [cells[column], this.#columns.indexOf(column)];
    if (cell === undefined || place < 0) return false;
    // A row that is higher than the window of the rows is never on the screen from its first line to its last.
    if (this.#height > this.#room) return false;
    const room = { width: this.#widths[place] ?? 0, lines: this.#lines, isWrapped: this.#filter.isWrapped };
    return isWhole(cell, mark, room);
  }

  #seeEnds(entries: readonly IntersectionObserverEntry[]): void {
    for (const { isIntersecting, target } of entries) {
      const row = this.#shown[this.#active];
      if (!isIntersecting || row === undefined || !(target instanceof HTMLElement)) continue;
      // One that was unfolded before may still be reported.
      if (target.isConnected) this.#coverage.seeCell(row, Number(target.dataset['column']));
    }
    this.#say();
  }

  /** Draws what depends on the columns: head, widths, rows. */
  #lay(): void {
    const all = this.#rows[0]?.cells ?? [];
    this.#columns = all
      .map((_, index) => index)
      .filter((index) => !this.#filter.isNarrow || isOfInterest(this.#rows, index))
      // Key columns stand first, where they stay in sight.
      .toSorted((a, b) => byKeyFirst(all, a, b));
    const widths = columnWidths(this.#rows, this.#columns);
    const { isWrapped } = this.#filter;
    this.#widths = widths;
    this.#lefts = columnLefts(widths);
    this.#lines = rowLines(this.#rows, this.#columns, widths, isWrapped);
    this.#height = rowHeight(this.#lines);
    this.#scroller.classList.toggle('wrapped', isWrapped);
    this.#scroller.style.setProperty(
      '--columns',
      [markWidth, ...widths].map((each) => `${each}ch`).join(' '),
    );
    this.#scroller.setAttribute('aria-colcount', String(this.#columns.length + 1));
    this.#scroller.querySelector('.grid-head')?.remove();
    this.#scroller.prepend(gridHead(pick(all, this.#columns), this.#lefts));
    this.#refill();
  }

  #refill(): void {
    this.#shown = this.#filter.matching();
    this.#active = Math.max(0, Math.min(this.#active, this.#shown.length - 1));
    this.#drawn.clear();
    this.#window.lay(this.#shown.length, this.#height);
    this.#canvas.style.height = `${this.#window.height}px`;
    this.#scroller.setAttribute('aria-rowcount', String(this.#shown.length + 1));
    this.#draw();
    this.#unfold();
  }

  #measure(): void {
    this.#headHeight = this.#scroller.querySelector<HTMLElement>('.grid-head')?.offsetHeight ?? 0;
    this.#draw();
  }

  #schedule(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw(): void {
    const top = this.#top;
    this.#scrollTo(top);
    this.#inSight = columnsInSight(this.#scroller, this.#columns, this.#inSight);
    const first = Math.floor(top / this.#height);
    const inSight = Math.max(1, Math.ceil(this.#room / this.#height));
    const last = Math.min(this.#shown.length, first + inSight);
    const to = Math.min(this.#shown.length, last + spare);
    this.#drawn.show(Math.max(0, first - spare), to, (place) => this.#drawRow(place));
    this.#drawn.select(this.#isUnfolded ? this.#active : undefined);
    this.#scroller.setAttribute('aria-activedescendant', `${this.#id}-${this.#active}`);
    if (this.#isInSight) this.#see(top);
    this.#showing = texts.grid.showing(first + 1, last, this.#shown.length);
    this.#say();
  }

  /** Notes the rows that are in sight from their first pixel to their last. */
  #see(top: number): void {
    const first = Math.ceil((top - 1) / this.#height);
    const last = Math.min(this.#shown.length, Math.floor((top + this.#room + 1) / this.#height));
    if (last <= first) return;
    const isWholeHere = (row: number, column: number): boolean => this.#isWhole(row, column);
    this.#coverage.see({ shown: this.#shown, first, last, columns: this.#inSight, isWhole: isWholeHere });
  }

  /** Where in the list of rows the first pixel in sight is. */
  get #top(): number {
    return this.#window.offset + this.#scroller.scrollTop;
  }

  #scrollTo(top: number): void {
    const isMoved = this.#window.hold(top, this.#room);
    if (isMoved) this.#drawn.clear();
    if (isMoved || top !== this.#top) this.#scroller.scrollTop = top - this.#window.offset;
  }

  /** Pixels of the height in which rows are drawn. */
  get #room(): number {
    return this.#scroller.clientHeight - this.#headHeight;
  }

  #say(): void {
    fill(this.#status, `${this.#showing} · ${texts.grid.seen(this.seen, this.count)}`);
  }

  #drawRow(place: number): HTMLElement {
    const row = this.#rows[this.#shown[place] ?? -1];
    if (row === undefined) throw new RangeError(`no row at place ${place}`);
    const drawn = gridRow(row, pick(row.cells, this.#columns), this.#lefts, this.#filter.isWrapped);
    drawn.id = `${this.#id}-${place}`;
    drawn.setAttribute('aria-rowindex', String(place + 2));
    drawn.setAttribute('aria-selected', 'false');
    drawn.style.setProperty('top', `${this.#window.topOf(place)}px`);
    drawn.style.setProperty('height', `${this.#height}px`);
    return drawn;
  }

  /** Rows count as seen only while the grid itself is on the screen, all of it and below the line that stays at the top. */
  #watch(): void {
    const observer = new IntersectionObserver(
      (entries) => {
        const { intersectionRect, boundingClientRect } = entries.at(-1) ?? {};
        const [height, inSight] = [boundingClientRect?.height ?? 0, intersectionRect?.height ?? 0];
        this.#isInSight = height > 0 && inSight >= height - 1;
        if (this.#isInSight) this.#draw();
        else this.#coverage.leave();
      },
      { threshold: [0, 0.5, 0.9, 0.95, 0.98, 0.99, 0.995, 1], rootMargin: `-${topHeight()}px 0px 0px` },
    );
    observer.observe(this.#scroller);
  }

  #press(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.#scroller.clientHeight / this.#height) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -this.#shown.length,
      End: this.#shown.length,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.#isUnfolded = true;
    this.#active = Math.max(0, Math.min(this.#shown.length - 1, this.#active + step));
    this.#scrollToActive();
    this.#unfold();
  }

  #click(event: Event): void {
    const target = event.target;
    if (!(target instanceof Element)) return;
    const place = /-(\d+)$/.exec(target.closest('[role=row]')?.id ?? '')?.[1];
    if (place === undefined) return;
    this.#active = Number(place);
    this.#isUnfolded = true;
    this.#draw();
    this.#unfold();
  }

  #scrollToColumn(column: number): void {
    const place = this.#columns.indexOf(column);
    const left = this.#scroller.querySelectorAll<HTMLElement>('.grid-head > .cell')[place + 1];
    this.#inSight = columnsInSight(this.#scroller, this.#columns, this.#inSight);
    if (left === undefined || this.#inSight.includes(column)) return;
    left.scrollIntoView({ block: 'nearest', inline: 'end' });
    this.#inSight = columnsInSight(this.#scroller, this.#columns, this.#inSight);
  }

  #scrollToActive(): void {
    const top = this.#active * this.#height;
    if (top < this.#top) this.#scrollTo(top);
    else if (top + this.#height > this.#top + this.#room) this.#scrollTo(top + this.#height - this.#room);
    this.#draw();
    this.#unfold();
  }

  #unfold(): void {
    const index = this.#shown[this.#active];
    const row = index === undefined ? undefined : this.#rows[index];
    this.#unfolded.hidden = row === undefined || !this.#isUnfolded;
    if (row === undefined || index === undefined) return;
    this.#ends.disconnect();
    fill(this.#unfolded, unfoldedRow(row, index));
    if (this.#unfolded.hidden) return;
    for (const end of this.#unfolded.querySelectorAll('.cell-end')) this.#ends.observe(end);
  }
}

function pick(cells: readonly CellChange[], columns: readonly number[]): readonly CellChange[] {
  return columns.flatMap((index) => cells[index] ?? []);
}

function byKeyFirst(cells: readonly CellChange[], a: number, b: number): number {
  const order = Number(cells[b]?.isKey) - Number(cells[a]?.isKey);
  return order === 0 ? a - b : order;
}

function isOfInterest(rows: readonly RowBlock[], index: number): boolean {
  return rows.some(({ mark, cells }) => {
    const cell = cells[index];
    return cell !== undefined && (cell.isKey || (cell.changed && mark === '~') || mark !== '~');
  });
}
