import { ServeRefused } from './refusal.ts';
import { Shares } from './shares.ts';

/** How many places there are, and how many of them one identity may take. */
export interface RoomMax {
  readonly all: number;
  readonly each: number;
}

/** How much is worked on at once: whatever reads statements or asks a target takes a place and gives it back when it has ended. */
export class Room {
  readonly #max: RoomMax;
  readonly #taken = new Shares();
  readonly #works = new Set<Promise<unknown>>();

  constructor(max: RoomMax) {
    this.#max = max;
  }

  /** @throws ServeRefused `serve/own-queue` when the identity has taken its part, `serve/busy` when every place is taken */
  require(identity: string): void {
    const { all, each } = this.#max;
    if (this.#taken.of(identity) >= each)
      throw new ServeRefused('serve/own-queue', `${each} pieces of work of this identity are in hand`, {
        retryAfter: 1,
        hint: 'let one of them end first',
      });
    if (this.#taken.all >= all)
      throw new ServeRefused('serve/busy', `${all} pieces of work are in hand`, { retryAfter: 1 });
  }

  /**
   * Does a piece of work of an identity in a place of its own. It goes on when whoever asked for it is gone.
   * @throws ServeRefused `serve/own-queue`, `serve/busy`, and whatever the work throws
   */
  async hold<T>(identity: string, work: () => Promise<T>): Promise<T> {
    this.require(identity);
    const end = this.#taken.add(identity);
    // Begun inside: what throws before it returns a promise gives its place back too.
    const working = (async () => work())();
    this.#works.add(working);
    try {
      return await working;
    } finally {
      this.#works.delete(working);
      end();
    }
  }

  /** Returns when nothing is in hand. */
  async empty(): Promise<void> {
    await Promise.allSettled(this.#works);
  }
}
