import type { Block, CellChange, Span } from '@countersign/wording';
import { displayWidth } from '@countersign/wording';

/** A changed row as the document describes it. */
export type RowBlock = Extract<Block, { readonly kind: 'row' }>;

/** Characters that the space around a value and the mark before it take. */
export const padding = 5;
/** A text of more characters is cut in a cell of one line, and in a cell of several. */
export const charactersMax = { one: 120, several: 1000 } as const;
/** A wrapped row is no higher; what does not fit is read in the unfolded row. */
const linesMax = 24;

/** What a cell of a column has room for: characters across, and lines of them. */
export interface Room {
  readonly width: number;
  /** Of all values of the cell together. */
  readonly lines: number;
  readonly isWrapped: boolean;
}

/**
 * Returns how many characters of the grid's font a value takes at most. Letters that the font may lack come from another one and may be
 * wider: they count twice.
 */
export function widthOf(spans: readonly Span[] | null | undefined): number {
  return (spans ?? []).reduce(
    (sum, { role, text }) => sum + textWidth(text) + (role === 'escape' ? 1 : 0),
    0,
  );
}

const oneWide = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{ASCII}‘’“”–—…€£°·]$/u;

function textWidth(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += oneWide.test(character) ? displayWidth(character) : 2;
  return width;
}

/** Returns the values that a cell shows, one below the other. */
export function valuesOf({ changed, before, after }: CellChange, mark: RowBlock['mark']): readonly Side[] {
  return mark === '~' && changed ? [before, after] : [after ?? before];
}

type Side = readonly Span[] | null;

/** Returns whether a cell shows its values to the last character. */
export function isWhole(cell: CellChange, mark: RowBlock['mark'], room: Room): boolean {
  const values = valuesOf(cell, mark);
  const limit = room.isWrapped ? charactersMax.several : charactersMax.one;
  if (values.some((spans) => lengthOf(spans) > limit)) return false;
  if (!room.isWrapped) return values.every((spans) => widthOf(spans) <= room.width - padding);
  return linesOf(values, room.width) <= room.lines;
}

function lengthOf(spans: Side): number {
  return (spans ?? []).reduce((sum, { text }) => sum + text.length, 0);
}

/** A wide character may not fit the end of a line: one place of each is not counted on. */
function linesOf(values: readonly Side[], width: number): number {
  const across = Math.max(1, width - padding - 1);
  return values.reduce((sum, spans) => sum + Math.max(1, Math.ceil(widthOf(spans) / across)), 0);
}

/** Returns how many lines every row of a grid has: enough for the longest values where they are wrapped, at most 24. */
export function rowLines(
  rows: readonly RowBlock[],
  columns: readonly number[],
  widths: readonly number[],
  isWrapped: boolean,
): number {
  const plain = rows.some(({ mark }) => mark === '~') ? 2 : 1;
  if (!isWrapped) return plain;
  let lines = plain;
  for (const { cells, mark } of rows) {
    for (const [place, column] of columns.entries()) {
      const cell = cells[column];
      if (cell !== undefined) lines = Math.max(lines, linesOf(valuesOf(cell, mark), widths[place] ?? 0));
      if (lines >= linesMax) return linesMax;
    }
  }
  return lines;
}

/**
 * Returns the columns of a row whose values must have been on the screen: what changes and the key; in a row that comes or goes, or that no
 * key names, all.
 */
export function columnsToSee({ mark, cells }: RowBlock): readonly number[] {
  const isNamed = cells.some(({ isKey }) => isKey);
  return cells.flatMap(({ isKey, changed }, column) =>
    mark !== '~' || !isNamed || isKey || changed ? [column] : [],
  );
}
