/** Pixels by which an edge may be missed: widths are rounded. */
const tolerance = 1;

/** Returns those of `columns` that are in sight of a grid from edge to edge; `before` itself where it is the same. */
export function columnsInSight(
  scroller: HTMLElement,
  columns: readonly number[],
  before: readonly number[],
): readonly number[] {
  const origin = scroller.getBoundingClientRect().left + scroller.clientLeft;
  const heads = Array.from(scroller.querySelectorAll<HTMLElement>('.grid-head > .cell'), (head) => {
    const { left, right } = head.getBoundingClientRect();
    return { left: left - origin, right: right - origin };
  });
  // What stays when the rest scrolls stands over it: its edge is where sight begins.
  let [edge, natural] = [0, -scroller.scrollLeft];
  const found: number[] = [];
  for (const [place, { left, right }] of heads.entries()) {
    const stays = left > natural + tolerance;
    natural += right - left;
    const from = stays ? 0 : edge;
    if (stays) edge = right;
    const column = columns[place - 1];
    if (column !== undefined && left >= from - tolerance && right <= scroller.clientWidth + tolerance)
      found.push(column);
  }
  return found.length === before.length && found.every((column, at) => column === before[at])
    ? before
    : found;
}
