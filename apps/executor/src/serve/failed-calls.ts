import { isIPv6 } from 'node:net';
import { problemOf } from './problem.ts';
import { Rates } from './rates.ts';
import { ServeRefused } from './refusal.ts';

/** A call, or a signed body, whose signature or token is to be verified. */
export interface Attempt {
  /** Where its connection comes from. */
  readonly address: string;
  readonly socket: object;
  /** Returns in whose name it is, one of few; undefined for nobody's that is known. Nothing is verified yet. */
  readonly claim: () => string | undefined;
}

/** What a claim has beside its address: a tenth of it. */
const claimShare = 10;

/**
 * Bounds what calls that fail to be verified cost. An address has so many failures a second. When they are used up, a call from there
 * is still verified in a name in which little failed there, or on a connection on which the same name was verified before: so garbage
 * shuts nobody out but, on new connections, whom it names. docs/serving.md#refusals
 */
export class FailedCalls {
  readonly #perSecond: number;
  readonly #ofAddress: Rates;
  readonly #ofClaim: Rates;
  /** What was verified last on a connection. */
  readonly #verified = new WeakMap<object, string>();

  /** `now` is in milliseconds and never goes back. */
  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#ofAddress = new Rates(perSecond, now);
    this.#ofClaim = new Rates(perSecond / claimShare, now);
  }

  /** To be called before anything is verified. @throws ServeRefused `serve/failures` */
  require({ address, socket, claim }: Attempt): void {
    const network = networkOf(address);
    if (this.#ofAddress.has(network)) return;
    const claimed = claim();
    if (claimed !== undefined) {
      if (this.#verified.get(socket) === claimed || this.#ofClaim.has(`${network} ${claimed}`)) return;
    }
    throw new ServeRefused(
      'serve/failures',
      `more than ${this.#perSecond} calls a second from this address name nobody who can be verified`,
      { retryAfter: 1, hint: 'whoever signs rightly gets through on a connection that is kept open' },
    );
  }

  /** Counts what an attempt was refused with, unless the home or the store is at fault for it. */
  failed({ address, socket, claim }: Attempt, thrown: unknown): void {
    if (problemOf(thrown).status >= 500) return;
    const network = networkOf(address);
    this.#verified.delete(socket);
    this.#ofAddress.spend(network);
    const claimed = claim();
    if (claimed !== undefined) this.#ofClaim.spend(`${network} ${claimed}`);
  }

  /** That a call on this connection was verified to be in this name. */
  succeeded({ socket }: Pick<Attempt, 'socket'>, claimed: string): void {
    this.#verified.set(socket, claimed);
  }
}

/** Of whoever brings a token: whose it is cannot be told before it is verified. */
export const claimOfToken = ' token';

/** Whoever has one address of IPv6 mostly has a whole network of 64 bits. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail = ''] = address.split('::');
  const [first, last] = [head, tail].map((half) => (half === '' ? [] : half.split(':')));
  const zeros = Array.from({ length: 8 }, () => '0');
  const groups = address.includes('::')
    ? [...(first ?? []), ...zeros.slice((first ?? []).length + (last ?? []).length), ...(last ?? [])]
    : (first ?? []);
  return groups.slice(0, 4).join(':');
}
