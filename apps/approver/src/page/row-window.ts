/** Browsers draw no element higher than 17 to 33 million pixels; what lies beyond would never be on the screen. */
const heightMax = 8_000_000;

/**
 * The part of a list of rows that one scrolled element holds at once. It slides along before its edge is reached, so that a list may be
 * higher than any element: tops are pixels of the whole list, and `offset` is where the element begins in it.
 */
export class RowWindow {
  #first = 0;
  #count = 0;
  #height = 1;

  /** Takes another list of `count` rows of `height` pixels each. */
  lay(count: number, height: number): void {
    this.#count = count;
    this.#height = height;
    this.#first = this.#within(this.#first);
  }

  /** Height of the element, pixels. */
  get height(): number {
    return Math.min(this.#count, this.#rowsMax) * this.#height;
  }

  get offset(): number {
    return this.#first * this.#height;
  }

  /** Returns where a row of the whole list stands in the element, pixels from its top. */
  topOf(place: number): number {
    return (place - this.#first) * this.#height;
  }

  /** Slides where `room` pixels of the list from `top` on come to an edge behind which it goes on; returns whether it did. */
  hold(top: number, room: number): boolean {
    const end = this.#first + this.#rowsMax;
    const isAtBegin = this.#first > 0 && top < this.offset + room;
    const isAtEnd = end < this.#count && top + room > end * this.#height - room;
    if (!isAtBegin && !isAtEnd) return false;
    this.#first = this.#within(Math.floor(top / this.#height) - Math.floor(this.#rowsMax / 2));
    return true;
  }

  get #rowsMax(): number {
    return Math.floor(heightMax / this.#height);
  }

  #within(first: number): number {
    return Math.max(0, Math.min(first, this.#count - this.#rowsMax));
  }
}
