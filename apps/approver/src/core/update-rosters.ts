import { equalBytes, sha256, type SignatureVerifier, type Verified } from '@countersign/codec';
import {
  decodeRoster,
  decodeSignedRoster,
  MessageError,
  rosterDifference,
  verifyRosterChain,
  type RootKeys,
  type RosterChain,
  type RosterDifference,
} from '@countersign/messages';

/** Rosters that continue the known ones. */
export interface RosterUpdate {
  readonly chain: Verified<RosterChain>;
  /** The signed rosters that were not known, ascending. */
  readonly added: readonly Uint8Array[];
  /** Null when none was known before, or nothing is new. */
  readonly difference: RosterDifference | null;
}

/**
 * Returns what the carried rosters add to the known ones (number 1 first), every one verified from `anchor` on. `confirmed` are the
 * payloads that keys of this machine have confirmed of the same deployment: the rosters beside them may have been lost, and what
 * was confirmed is never taken back. The difference is to the oldest that anybody here knows.
 * @throws MessageError `roster/…`, `bundle/roster-older`, `bundle/roster-forked`; CodecError when one is no signed roster
 */
export function updateRosters(
  known: readonly Uint8Array[],
  carried: readonly Uint8Array[],
  anchor: RootKeys,
  verifier: SignatureVerifier,
  confirmed: readonly Uint8Array[] = [],
): RosterUpdate {
  const numbered = carried
    .map((bytes) => ({ bytes, number: numberOf(bytes) }))
    .toSorted((a, b) => a.number - b.number);
  const added = numbered
    .filter(({ bytes, number }) => !isKnown(known, bytes, number))
    .map(({ bytes }) => bytes);
  const chain = verifyRosterChain([...known, ...added], anchor, verifier);
  const numbers = confirmed.filter((payload) => isOf(chain, payload)).map((payload) => held(chain, payload));
  const before = chain.at(Math.min(...numbers, ...(known.length > 0 ? [known.length] : [])));
  const isNew = before !== undefined && before.roster.number < chain.number;
  return {
    chain,
    added,
    difference: isNew ? rosterDifference(before.roster, chain.current.roster) : null,
  };
}

function isOf(chain: RosterChain, payload: Uint8Array): boolean {
  return equalBytes(decodeRoster(payload).domain, chain.domain);
}

/**
 * Returns the number of a roster that was confirmed before, which the chain must hold.
 * @throws MessageError `bundle/roster-older`, `bundle/roster-forked`
 */
export function held(chain: RosterChain, payload: Uint8Array): number {
  const { number } = decodeRoster(payload);
  if (number > chain.number) {
    const message = `roster number ${chain.number}, expected at least the confirmed ${number}`;
    throw new MessageError('bundle/roster-older', message);
  }
  if (chain.includes({ number, hash: sha256(payload) })) return number;
  throw new MessageError('bundle/roster-forked', `another roster ${number} than the confirmed one`);
}

function numberOf(bytes: Uint8Array): number {
  return decodeRoster(decodeSignedRoster(bytes).payload).number;
}

function isKnown(known: readonly Uint8Array[], bytes: Uint8Array, number: number): boolean {
  const own = known[number - 1];
  if (own === undefined) return false;
  // The envelopes may differ: another selection of root keys can have signed the same payload.
  if (equalBytes(decodeSignedRoster(own).payload, decodeSignedRoster(bytes).payload)) return true;
  throw new MessageError('bundle/roster-forked', `another roster ${number} than the one installed here`);
}
