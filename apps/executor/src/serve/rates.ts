import { ServeRefused } from './refusal.ts';

interface Bucket {
  tokens: number;
  at: number;
}

/** How many calls each identity may make: so many a second on average, twice as many at once. */
export class Rates {
  readonly #perSecond: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** `now` is in milliseconds and never goes back. */
  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** Counts one call of an identity. @throws ServeRefused `serve/rate` */
  take(identity: string): void {
    const now = this.#now();
    const burst = this.#perSecond * 2;
    const bucket = this.#buckets.get(identity) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * this.#perSecond);
    bucket.at = now;
    // Identities are those of the roster, so the map is as long as that.
    this.#buckets.set(identity, bucket);
    if (bucket.tokens < 1) {
      throw new ServeRefused('serve/rate', `more than ${this.#perSecond} calls a second by this identity`, {
        retryAfter: 1,
        hint: 'wait for states with /wait or /events in place of asking often',
      });
    }
    bucket.tokens -= 1;
  }
}
