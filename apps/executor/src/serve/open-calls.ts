import { ServeRefused } from './refusal.ts';
import { Shares } from './shares.ts';

/** How many calls may be open at once: of one identity so many waits and streams and twice as many calls in all, of everybody `all`. */
export interface OpenCallsMax {
  readonly waits: number;
  readonly all: number;
}

interface OpenCall {
  readonly end: () => void;
  readonly giveWay: () => void;
}

/**
 * The calls that are being answered, so that identities cannot take the connections of others, not even several together: when every
 * place is taken, the oldest call of whoever holds most gives way to one of somebody who holds less.
 */
export class OpenCalls {
  readonly #max: OpenCallsMax;
  readonly #waits = new Shares();
  /** Of each identity, the oldest first. */
  readonly #calls = new Map<string, Set<OpenCall>>();
  #all = 0;

  constructor(max: OpenCallsMax) {
    this.#max = max;
  }

  /**
   * Counts a call of an identity as open until what it returns is called. `giveWay` is called when it is to be answered now, with
   * what there is; it counts no more then.
   * @throws ServeRefused `serve/open-calls`, `serve/busy`
   */
  enter(identity: string, waits: boolean, giveWay: () => void): () => void {
    const { waits: waitsMax, all } = this.#max;
    const own = this.#calls.get(identity)?.size ?? 0;
    if (waits && this.#waits.of(identity) >= waitsMax) throw tooMany(`${waitsMax} waits and streams`);
    if (own >= waitsMax * 2) throw tooMany(`${waitsMax * 2} calls`);
    if (this.#all >= all && !this.#makeRoom(own))
      throw new ServeRefused('serve/busy', `${all} calls are open`, { retryAfter: 1 });
    const endWait = waits ? this.#waits.add(identity) : undefined;
    const call: OpenCall = {
      end: () => {
        endWait?.();
        this.#remove(identity, call);
      },
      giveWay,
    };
    this.#add(identity, call);
    return call.end;
  }

  #add(identity: string, call: OpenCall): void {
    const calls = this.#calls.get(identity) ?? new Set();
    this.#calls.set(identity, calls.add(call));
    this.#all += 1;
  }

  /** Removing it again does nothing. */
  #remove(identity: string, call: OpenCall): void {
    const calls = this.#calls.get(identity);
    if (calls?.delete(call) !== true) return;
    this.#all -= 1;
    if (calls.size === 0) this.#calls.delete(identity);
  }

  /** Has one call end of whoever would still have more than a caller with one more than `own`. */
  #makeRoom(own: number): boolean {
    let most: ReadonlySet<OpenCall> = new Set();
    for (const calls of this.#calls.values()) if (calls.size > most.size) most = calls;
    const [oldest] = most;
    if (oldest === undefined || most.size <= own + 1) return false;
    oldest.end();
    oldest.giveWay();
    return true;
  }
}

function tooMany(what: string): ServeRefused {
  return new ServeRefused('serve/open-calls', `${what} of this identity are open already`, {
    retryAfter: 1,
    hint: 'let some of them end first; one GET /v1/requests says how many requests stand',
  });
}
