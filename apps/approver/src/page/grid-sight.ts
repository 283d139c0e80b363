/** Pixels by which an edge may be missed: widths are rounded. */
const tolerance = 1;

/**
 * Returns those of `columns` that are in sight of a grid from edge to edge, beside those that stay when it scrolls; `before` itself where
 * it is the same.
 */
export function columnsInSight(
  scroller: HTMLElement,
  columns: readonly number[],
  before: readonly number[],
): readonly number[] {
  const [mark, ...heads] = scroller.querySelectorAll<HTMLElement>('.grid-head > .cell');
  const { scrollLeft, clientWidth } = scroller;
  let pinned = mark?.offsetWidth ?? 0;
  let left = pinned;
  const found: number[] = [];
  for (const [place, head] of heads.entries()) {
    const right = left + head.offsetWidth;
    const stays = getComputedStyle(head).position === 'sticky';
    if (stays) pinned = right;
    const [from, to] = stays ? [0, clientWidth] : [scrollLeft + pinned, scrollLeft + clientWidth];
    const column = columns[place];
    if (column !== undefined && left >= from - tolerance && right <= to + tolerance) found.push(column);
    left = right;
  }
  return found.length === before.length && found.every((column, at) => column === before[at])
    ? before
    : found;
}
