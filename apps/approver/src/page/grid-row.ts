import { displayWidth, type CellChange, type Span } from '@countersign/wording';
import { texts } from './catalogue/index.ts';
import { charactersMax, padding, valuesOf, widthOf, type RowBlock } from './cell-room.ts';
import { h, type Child } from './dom.ts';
import { spanNodes } from './render.ts';

const markShown = { '+': '+', '-': '−', '~': '~' } as const;
const markSaid = { '+': texts.grid.inserted, '-': texts.grid.deleted, '~': texts.grid.updated } as const;
const markClass = { '+': 'added', '-': 'removed', '~': 'changed' } as const;

/** Width of the column of marks, in characters. */
export const markWidth = 3;
const widthMin = 6;
/** Enough for a UUID. */
const widthMax = 44;
const rowsMeasured = 20_000;

/** Returns the height of a row of so many lines, pixels. */
export function rowHeight(lines: number): number {
  return Math.ceil(18.25 * lines) + 9;
}

/** Returns the widths of columns in characters, by their names and the first 20,000 rows. */
export function columnWidths(rows: readonly RowBlock[], columns: readonly number[]): readonly number[] {
  const measured = rows.slice(0, rowsMeasured);
  return columns.map((index) => {
    const widths = measured.map(({ cells, mark }) => {
      const cell = cells[index];
      return cell === undefined ? 0 : Math.max(...valuesOf(cell, mark).map(widthOf)) + padding;
    });
    const head = measured[0]?.cells[index];
    const keyWord = head?.isKey === true ? texts.grid.key.length + 1 : 0;
    const name = displayWidth(head?.column ?? '') + keyWord + padding;
    return Math.min(
      widthMax,
      widths.reduce((most, width) => Math.max(most, width), Math.max(widthMin, name)),
    );
  });
}

/** Returns how far from the left each column begins, behind the mark. */
export function columnLefts(widths: readonly number[]): readonly string[] {
  let left = markWidth;
  return widths.map((width) => {
    const begin = left;
    left += width;
    return `${begin}ch`;
  });
}

/** Returns the head of a grid; key columns and the mark stay in sight when the rest scrolls. */
export function gridHead(cells: readonly CellChange[], lefts: readonly string[]): HTMLElement {
  const head = h('div', { class: 'grid-head', role: 'row', 'aria-rowindex': 1 });
  const mark = h(
    'span',
    { class: 'cell pinned', role: 'columnheader' },
    h('span', { class: 'sr' }, texts.grid.change),
  );
  mark.style.setProperty('left', '0');
  head.append(mark);
  cells.forEach(({ column, isKey }, index) => {
    const cell = h(
      'span',
      { class: isKey ? 'cell pinned' : 'cell', role: 'columnheader', title: column },
      column,
      isKey ? h('span', { class: 'muted' }, ` ${texts.grid.key}`) : null,
    );
    if (isKey) cell.style.setProperty('left', lefts[index] ?? '0');
    head.append(cell);
  });
  return head;
}

/** Returns one row of a grid, cut where values are long: later where they are wrapped. */
export function gridRow(
  { mark }: RowBlock,
  cells: readonly CellChange[],
  lefts: readonly string[],
  isWrapped: boolean,
): HTMLElement {
  const limit = isWrapped ? charactersMax.several : charactersMax.one;
  const first = h(
    'span',
    { class: `cell pinned mark ${markClass[mark]}`, role: 'rowheader' },
    h('span', { 'aria-hidden': 'true' }, markShown[mark]),
    h('span', { class: 'sr' }, markSaid[mark]),
  );
  first.style.setProperty('left', '0');
  const rest = cells.map((cell, index) => {
    const drawn = cellNode(cell, mark, limit);
    if (cell.isKey) drawn.style.setProperty('left', lefts[index] ?? '0');
    return drawn;
  });
  return h('div', { class: `grid-row ${markClass[mark]}`, role: 'row' }, first, ...rest);
}

function cellNode(
  { isKey, changed, before, after }: CellChange,
  mark: RowBlock['mark'],
  limit: number,
): HTMLElement {
  const isPair = mark === '~' && changed;
  const name = ['cell', ...(isKey ? ['pinned'] : []), ...(isPair ? ['pair'] : [])].join(' ');
  if (isPair)
    return h('span', { class: name, role: 'gridcell' }, side('-', before, limit), side('+', after, limit));
  return h(
    'span',
    { class: name, role: 'gridcell' },
    h('span', { class: 'side' }, ...valueNodes(after ?? before, limit)),
  );
}

function side(mark: '+' | '-', spans: readonly Span[] | null, limit: number): HTMLElement {
  return h(
    'span',
    { class: `side ${markClass[mark]}` },
    h('span', { 'aria-hidden': 'true' }, `${markShown[mark]} `),
    h('span', { class: 'sr' }, mark === '-' ? `${texts.grid.before}: ` : `${texts.grid.after}: `),
    ...valueNodes(spans, limit),
  );
}

function valueNodes(spans: readonly Span[] | null, limit: number): readonly Child[] {
  const { spans: kept, hidden } = shortened(spans ?? [], limit);
  const more = hidden === 0 ? null : h('span', { class: 'role-muted' }, texts.grid.more(hidden));
  return [...spanNodes(kept), more];
}

/** Returns the beginning of a value, for a cell; the unfolded row has all of it. */
function shortened(
  spans: readonly Span[],
  limit: number,
): { readonly spans: readonly Span[]; readonly hidden: number } {
  const kept: Span[] = [];
  let room = limit;
  let hidden = 0;
  for (const span of spans) {
    const text = span.text.slice(0, room);
    if (text !== '') kept.push({ ...span, text });
    room -= text.length;
    hidden += span.text.length - text.length;
  }
  return { spans: kept, hidden };
}

/** Returns a row with every value whole, a line a column; `.cell-end` stands where the values of a column end. */
export function unfoldedRow({ mark, title, cells }: RowBlock, index: number): readonly Child[] {
  const heads = [texts.grid.column, texts.grid.before, texts.grid.after];
  return [
    h(
      'h4',
      {},
      h('span', { class: `mark ${markClass[mark]}`, 'aria-hidden': 'true' }, markShown[mark]),
      `${texts.grid.unfolded(index + 1)}, ${markSaid[mark]}: `,
      ...spanNodes(title),
    ),
    h(
      'div',
      { class: 'table-box', tabindex: 0, role: 'group', 'aria-label': texts.grid.unfolded(index + 1) },
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, ...heads.map((text) => h('th', { scope: 'col' }, text)))),
        h('tbody', {}, ...cells.map(unfoldedCell)),
      ),
    ),
  ];
}

function unfoldedCell({ column, isKey, changed, before, after }: CellChange, index: number): HTMLElement {
  const same = !changed && before !== null && after !== null;
  return h(
    'tr',
    { class: changed ? 'changed' : 'same' },
    h(
      'th',
      { scope: 'row' },
      column,
      isKey ? h('span', { class: 'muted' }, ` ${texts.grid.key}`) : null,
      h('span', { class: 'cell-end', 'data-column': index, 'aria-hidden': 'true' }),
    ),
    same
      ? h('td', { colspan: 2 }, ...spanNodes(after), h('span', { class: 'muted' }, ` (${texts.grid.same})`))
      : [whole('-', before), whole('+', after)],
  );
}

function whole(mark: '+' | '-', spans: readonly Span[] | null): HTMLElement {
  if (spans === null) return h('td', { class: 'none' }, '–');
  return h('td', { class: markClass[mark] }, `${markShown[mark]} `, ...spanNodes(spans));
}
