import { ServeRefused } from './refusal.ts';

interface Bucket {
  tokens: number;
  at: number;
}

/** More are not remembered: whoever has so many addresses is not held by this. */
const bucketsMax = 10_000;

/** Whom a rate is of, as a refusal says it, and what to do next. */
export interface RatedBy {
  readonly who: string;
  readonly hint: string;
}

const anIdentity: RatedBy = {
  who: 'by this identity',
  hint: 'wait for states with /wait or /events in place of asking often',
};

/** Of calls that name nobody. */
export const anAddress: RatedBy = {
  who: 'from this address without a caller',
  hint: 'sign the call, as docs/serving.md#signatures says: then it counts as yours alone',
};

/** How many calls each identity may make: so many a second on average, twice as many at once. */
export class Rates {
  readonly #perSecond: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();
  readonly #by: RatedBy;

  /** `now` is in milliseconds and never goes back. */
  constructor(perSecond: number, now: () => number, by: RatedBy = anIdentity) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#by = by;
  }

  /** Counts one call of an identity. @throws ServeRefused `serve/rate` */
  take(identity: string): void {
    if (this.spend(identity)) return;
    const { who, hint } = this.#by;
    throw new ServeRefused('serve/rate', `more than ${this.#perSecond} calls a second ${who}`, {
      retryAfter: 1,
      hint,
    });
  }

  /** Counts one and returns whether there was one left. */
  spend(identity: string): boolean {
    const bucket = { tokens: this.#left(identity), at: this.#now() };
    // The map's order is who called longest ago.
    this.#buckets.delete(identity);
    this.#buckets.set(identity, bucket);
    this.#forget();
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Returns whether there is one left, and counts nothing. */
  has(identity: string): boolean {
    return this.#left(identity) >= 1;
  }

  #left(identity: string): number {
    // One at least, or there would never be any.
    const burst = Math.max(1, this.#perSecond * 2);
    const bucket = this.#buckets.get(identity);
    if (bucket === undefined) return burst;
    return Math.min(burst, bucket.tokens + ((this.#now() - bucket.at) / 1000) * this.#perSecond);
  }

  #forget(): void {
    for (const identity of this.#buckets.keys()) {
      if (this.#buckets.size <= bucketsMax) return;
      this.#buckets.delete(identity);
    }
  }
}
