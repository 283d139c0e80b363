import { ServeRefused } from './refusal.ts';
import { Shares } from './shares.ts';

/** How many calls may be open at once: of one identity so many waits and streams and twice as many calls in all, of everybody `all`. */
export interface OpenCallsMax {
  readonly waits: number;
  readonly all: number;
}

/** The calls that are being answered, so that one identity cannot take the connections of the others. */
export class OpenCalls {
  readonly #max: OpenCallsMax;
  readonly #calls = new Shares();
  readonly #waits = new Shares();

  constructor(max: OpenCallsMax) {
    this.#max = max;
  }

  /**
   * Counts a call of an identity as open until what it returns is called.
   * @throws ServeRefused `serve/open-calls`, `serve/busy`
   */
  enter(identity: string, waits: boolean): () => void {
    const { waits: waitsMax, all } = this.#max;
    if (waits && this.#waits.of(identity) >= waitsMax) throw tooMany(`${waitsMax} waits and streams`);
    if (this.#calls.of(identity) >= waitsMax * 2) throw tooMany(`${waitsMax * 2} calls`);
    if (this.#calls.all >= all)
      throw new ServeRefused('serve/busy', `${all} calls are open`, { retryAfter: 1 });
    const ends = [this.#calls.add(identity), ...(waits ? [this.#waits.add(identity)] : [])];
    return () => {
      for (const end of ends) end();
    };
  }
}

function tooMany(what: string): ServeRefused {
  return new ServeRefused('serve/open-calls', `${what} of this identity are open already`, {
    retryAfter: 1,
    hint: 'let some of them end first; one GET /v1/requests says how many requests stand',
  });
}
