import { plainText, type CellChange } from '@countersign/wording';
import { button, fill, freshId, h } from './dom.ts';
import { Coverage } from './coverage.ts';
import { DrawnRows } from './drawn-rows.ts';
import {
  columnLefts,
  columnWidths,
  gridHead,
  gridRow,
  markWidth,
  rowHeight,
  unfoldedRow,
  type RowBlock,
} from './grid-row.ts';
import { texts } from './texts.ts';

const marks = ['+', '~', '-'] as const;
const markTexts = { '+': texts.grid.inserted, '~': texts.grid.updated, '-': texts.grid.deleted } as const;
/** Rows drawn above and below the ones in sight. */
const spare = 6;
/** So many rows are looked over without a search. */
const fewRows = 5;

/** The changed rows of one table. Only the rows in sight are in the document, however many there are. */
export class RowGrid {
  readonly element: HTMLElement;
  readonly coverage: Coverage;
  readonly #rows: readonly RowBlock[];
  readonly #scroller: HTMLElement;
  readonly #canvas = h('div', { class: 'grid-canvas', role: 'presentation' });
  readonly #drawn = new DrawnRows(this.#canvas);
  readonly #status = h('p', { class: 'status', 'aria-live': 'polite' });
  readonly #unfolded = h('section', { class: 'unfolded' });
  readonly #search: HTMLInputElement;
  readonly #hidden = new Set<RowBlock['mark']>();
  readonly #id = freshId('row');
  readonly #height: number;
  #texts: readonly string[] | undefined;
  /** Indexes of the rows that match, ascending. */
  #shown: readonly number[];
  #active = 0;
  #onlyChanged = false;
  #columns: readonly number[] = [];
  #lefts: readonly string[] = [];
  #headHeight = 0;
  #isInSight = false;
  /** Nothing is unfolded before a person moved to a row. */
  #isUnfolded = false;
  #frame = 0;

  constructor(table: string, rows: readonly RowBlock[], reached: () => void) {
    this.#rows = rows;
    this.#shown = rows.map((_, index) => index);
    this.coverage = new Coverage(rows.length, reached);
    this.#height = rowHeight(rows);
    this.#search = h('input', {
      type: 'search',
      'aria-label': texts.grid.search,
      placeholder: texts.grid.search,
    });
    this.#search.addEventListener('input', () => this.#filter());
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
      this.#toolbar(rows.length > fewRows),
      this.#scroller,
      rows.length > fewRows ? h('p', { class: 'hint' }, texts.grid.keys) : null,
      this.#unfolded,
    );
    this.#lay();
    this.#watch();
    new ResizeObserver(() => this.#measure()).observe(this.#scroller);
  }

  /** Scrolls to the first row that was not in sight yet. */
  goToUnseen(): void {
    const index = this.coverage.firstMissing();
    if (index === undefined) return;
    this.#search.value = '';
    this.#hidden.clear();
    for (const box of this.element.querySelectorAll<HTMLInputElement>('input.mark-filter'))
      box.checked = true;
    this.#filter();
    this.#active = index;
    this.#scroller.focus();
    this.#scrollToActive();
  }

  #toolbar(isLong: boolean): HTMLElement {
    const count = (mark: RowBlock['mark']): number => this.#rows.filter((row) => row.mark === mark).length;
    const filters = marks
      .filter((mark) => count(mark) > 0)
      .map((mark) =>
        this.#checkbox(
          `${mark === '-' ? '−' : mark} ${count(mark)} ${markTexts[mark]}`,
          true,
          'mark-filter',
          (on) => {
            if (on) this.#hidden.delete(mark);
            else this.#hidden.add(mark);
            this.#filter();
          },
        ),
      );
    const narrow = this.#checkbox(texts.grid.onlyChanged, false, '', (on) => {
      this.#onlyChanged = on;
      this.#lay();
    });
    return h(
      'div',
      { class: 'toolbar' },
      ...(isLong ? [this.#search, ...filters] : []),
      narrow,
      this.#status,
    );
  }

  #checkbox(label: string, checked: boolean, name: string, change: (on: boolean) => void): HTMLElement {
    const box = h('input', { type: 'checkbox', class: name, checked });
    box.addEventListener('change', () => change(box.checked));
    return h('label', { class: 'check' }, box, label);
  }

  /** Draws what depends on the columns: head, widths, rows. */
  #lay(): void {
    const all = this.#rows[0]?.cells ?? [];
    this.#columns = all
      .map((_, index) => index)
      .filter((index) => !this.#onlyChanged || isOfInterest(this.#rows, index))
      // Key columns stand first, where they stay in sight.
      .toSorted((a, b) => byKeyFirst(all, a, b));
    const widths = columnWidths(this.#rows, this.#columns);
    this.#lefts = columnLefts(widths);
    this.#scroller.style.setProperty(
      '--columns',
      [markWidth, ...widths].map((each) => `${each}ch`).join(' '),
    );
    this.#scroller.setAttribute('aria-colcount', String(this.#columns.length + 1));
    this.#scroller.querySelector('.grid-head')?.remove();
    this.#scroller.prepend(gridHead(pick(all, this.#columns), this.#lefts));
    this.#filter();
  }

  #filter(): void {
    const wanted = this.#search.value.trim().toLowerCase();
    if (wanted !== '') this.#texts ??= this.#rows.map(textOf);
    this.#shown = this.#rows.flatMap((row, index) => {
      if (this.#hidden.has(row.mark)) return [];
      return wanted === '' || this.#texts?.[index]?.includes(wanted) === true ? [index] : [];
    });
    this.#active = Math.max(0, Math.min(this.#active, this.#shown.length - 1));
    this.#drawn.clear();
    this.#canvas.style.height = `${this.#shown.length * this.#height}px`;
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
    const { scrollTop, clientHeight } = this.#scroller;
    const first = Math.floor(scrollTop / this.#height);
    const inSight = Math.max(1, Math.ceil((clientHeight - this.#headHeight) / this.#height));
    const last = Math.min(this.#shown.length, first + inSight);
    const to = Math.min(this.#shown.length, last + spare);
    this.#drawn.show(Math.max(0, first - spare), to, (place) => this.#drawRow(place));
    this.#drawn.select(this.#isUnfolded ? this.#active : undefined);
    this.#scroller.setAttribute('aria-activedescendant', `${this.#id}-${this.#active}`);
    if (this.#isInSight) this.coverage.see(this.#shown, first, last);
    const { seen, count } = this.coverage;
    fill(
      this.#status,
      `${texts.grid.showing(first + 1, last, this.#shown.length)} · ${texts.grid.seen(seen, count)}`,
    );
  }

  #drawRow(place: number): HTMLElement {
    const row = this.#rows[this.#shown[place] ?? -1];
    if (row === undefined) throw new RangeError(`no row at place ${place}`);
    const drawn = gridRow(row, pick(row.cells, this.#columns), this.#lefts);
    drawn.id = `${this.#id}-${place}`;
    drawn.setAttribute('aria-rowindex', String(place + 2));
    drawn.setAttribute('aria-selected', 'false');
    drawn.style.setProperty('top', `${place * this.#height}px`);
    drawn.style.setProperty('height', `${this.#height}px`);
    return drawn;
  }

  /** Rows count as seen only while the grid itself is on the screen. */
  #watch(): void {
    const observer = new IntersectionObserver(
      (entries) => {
        const { intersectionRect, boundingClientRect } = entries.at(-1) ?? {};
        const height = Math.min(boundingClientRect?.height ?? 0, window.innerHeight);
        this.#isInSight = height > 0 && (intersectionRect?.height ?? 0) >= height * 0.6;
        if (this.#isInSight) this.#draw();
      },
      { threshold: [0, 0.2, 0.4, 0.6, 0.8, 1] },
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

  #scrollToActive(): void {
    const top = this.#active * this.#height;
    const room = this.#scroller.clientHeight - this.#headHeight;
    if (top < this.#scroller.scrollTop) this.#scroller.scrollTop = top;
    else if (top + this.#height > this.#scroller.scrollTop + room)
      this.#scroller.scrollTop = top + this.#height - room;
    this.#draw();
    this.#unfold();
  }

  #unfold(): void {
    const index = this.#shown[this.#active];
    const row = index === undefined ? undefined : this.#rows[index];
    this.#unfolded.hidden = row === undefined || !this.#isUnfolded;
    if (row === undefined || index === undefined) return;
    fill(this.#unfolded, unfoldedRow(row, index));
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

function textOf({ title, cells }: RowBlock): string {
  const parts = cells.flatMap(({ before, after }) => [plainText(before ?? []), plainText(after ?? [])]);
  return [plainText(title), ...parts].join(' ').toLowerCase();
}

/** Returns a button that goes on to the first row not seen, of the first grid that has one. */
export function goOnButton(grids: () => readonly RowGrid[]): HTMLButtonElement {
  return button(
    texts.decide.goOn,
    () =>
      grids()
        .find(({ coverage }) => coverage.seen < coverage.count)
        ?.goToUnseen(),
    { class: 'quiet' },
  );
}
