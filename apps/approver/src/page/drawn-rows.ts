/** The rows of a grid that stand in the document. A row that stays in sight is drawn once, so that scrolling draws only what comes in. */
export class DrawnRows {
  readonly #canvas: HTMLElement;
  /** By place, the number of the row among those shown. */
  readonly #drawn = new Map<number, HTMLElement>();
  #selected: HTMLElement | undefined;

  constructor(canvas: HTMLElement) {
    this.#canvas = canvas;
  }

  /** Forgets every row: their places or columns are others now. */
  clear(): void {
    this.#drawn.clear();
    this.#canvas.replaceChildren();
  }

  /** Has the rows of the places `from` up to, but not with, `to` in the document, in order, and no others. */
  show(from: number, to: number, draw: (place: number) => HTMLElement): void {
    for (const [place, row] of this.#drawn) {
      if (place >= from && place < to) continue;
      row.remove();
      this.#drawn.delete(place);
    }
    let below: HTMLElement | null = null;
    for (let place = to - 1; place >= from; place -= 1) {
      let row = this.#drawn.get(place);
      if (row === undefined) {
        row = draw(place);
        this.#drawn.set(place, row);
        this.#canvas.insertBefore(row, below);
      }
      below = row;
    }
  }

  /** Marks one row as selected, or none. */
  select(place: number | undefined): void {
    const row = place === undefined ? undefined : this.#drawn.get(place);
    if (row === this.#selected) return;
    this.#selected?.setAttribute('aria-selected', 'false');
    row?.setAttribute('aria-selected', 'true');
    this.#selected = row;
  }
}
