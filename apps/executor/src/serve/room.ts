import { ServeRefused } from './refusal.ts';

/** How much is worked on at once: whatever reads statements or asks a target takes a place and gives it back when it has ended. */
export class Room {
  readonly #max: number;
  readonly #works = new Set<Promise<unknown>>();

  constructor(max: number) {
    this.#max = max;
  }

  /** @throws ServeRefused `serve/busy` when every place is taken */
  require(): void {
    if (this.#works.size >= this.#max)
      throw new ServeRefused('serve/busy', `${this.#max} pieces of work are in hand`, { retryAfter: 1 });
  }

  /**
   * Does a piece of work in a place of its own. It goes on when whoever asked for it is gone.
   * @throws ServeRefused `serve/busy`, and whatever the work throws
   */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.require();
    const working = work();
    this.#works.add(working);
    try {
      return await working;
    } finally {
      this.#works.delete(working);
    }
  }

  /** Returns when nothing is in hand. */
  async empty(): Promise<void> {
    await Promise.allSettled(this.#works);
  }
}
