import { plainText } from '@countersign/wording';
import { texts } from './catalogue/index.ts';
import type { RowBlock } from './cell-room.ts';
import { h } from './dom.ts';

const marks = ['+', '~', '-'] as const;
const markTexts = { '+': texts.grid.inserted, '~': texts.grid.updated, '-': texts.grid.deleted } as const;
/** So many rows are looked over without a search. */
const fewRows = 5;

/** What a change of the controls asks for. */
export interface FilterActs {
  /** Other rows are wanted. */
  readonly filter: () => void;
  /** Columns or heights are others. */
  readonly lay: () => void;
}

/** The controls above the changed rows of a table: which rows and columns are wanted, and how long values are shown. */
export class RowFilter {
  readonly element: HTMLElement;
  readonly isLong: boolean;
  readonly #rows: readonly RowBlock[];
  readonly #search: HTMLInputElement;
  readonly #kinds: readonly (readonly [RowBlock['mark'], HTMLInputElement])[];
  readonly #narrow: HTMLInputElement;
  readonly #wrap: HTMLInputElement;
  #texts: readonly string[] | undefined;

  constructor(rows: readonly RowBlock[], status: HTMLElement, { filter, lay }: FilterActs) {
    this.#rows = rows;
    this.isLong = rows.length > fewRows;
    this.#search = h('input', {
      type: 'search',
      'aria-label': texts.grid.search,
      placeholder: texts.grid.search,
    });
    this.#search.addEventListener('input', filter);
    this.#kinds = marks
      .filter((mark) => this.#count(mark) > 0)
      .map((mark) => [mark, checkbox(filter, true)] as const);
    [this.#narrow, this.#wrap] = [checkbox(lay, false), checkbox(lay, false)];
    const kinds = this.#kinds.map(([mark, box]) =>
      labelled(box, `${mark === '-' ? '−' : mark} ${this.#count(mark)} ${markTexts[mark]}`),
    );
    this.element = h(
      'div',
      { class: 'toolbar' },
      ...(this.isLong ? [this.#search, ...kinds] : []),
      labelled(this.#narrow, texts.grid.onlyChanged),
      labelled(this.#wrap, texts.grid.wrap),
      status,
    );
  }

  /** Whether only columns of interest are wanted. */
  get isNarrow(): boolean {
    return this.#narrow.checked;
  }

  /** Whether long values go on in further lines. */
  get isWrapped(): boolean {
    return this.#wrap.checked;
  }

  /** Returns the indexes of the rows that are wanted, ascending. */
  matching(): readonly number[] {
    const wanted = this.#search.value.trim().toLowerCase();
    if (wanted !== '') this.#texts ??= this.#rows.map(textOf);
    const hidden = new Set(this.#kinds.flatMap(([mark, box]) => (box.checked ? [] : [mark])));
    return this.#rows.flatMap((row, index) => {
      if (hidden.has(row.mark)) return [];
      return wanted === '' || this.#texts?.[index]?.includes(wanted) === true ? [index] : [];
    });
  }

  /** Wants every row and column. */
  wantAll(): void {
    this.#search.value = '';
    for (const [, box] of this.#kinds) box.checked = true;
    this.#narrow.checked = false;
  }

  wrap(): void {
    this.#wrap.checked = true;
  }

  #count(mark: RowBlock['mark']): number {
    return this.#rows.filter((row) => row.mark === mark).length;
  }
}

function checkbox(change: () => void, checked: boolean): HTMLInputElement {
  const box = h('input', { type: 'checkbox', checked });
  box.addEventListener('change', change);
  return box;
}

function labelled(box: HTMLInputElement, text: string): HTMLElement {
  return h('label', { class: 'check' }, box, text);
}

function textOf({ title, cells }: RowBlock): string {
  const parts = cells.flatMap(({ before, after }) => [plainText(before ?? []), plainText(after ?? [])]);
  return [plainText(title), ...parts].join(' ').toLowerCase();
}
