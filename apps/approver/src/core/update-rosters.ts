import { equalBytes, type SignatureVerifier, type Verified } from '@countersign/codec';
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
 * Returns what the carried rosters add to the known ones (number 1 first), every one verified from `anchor` on.
 * @throws MessageError `roster/…`, `bundle/roster-forked`; CodecError when one is no signed roster
 */
export function updateRosters(
  known: readonly Uint8Array[],
  carried: readonly Uint8Array[],
  anchor: RootKeys,
  verifier: SignatureVerifier,
): RosterUpdate {
  const numbered = carried
    .map((bytes) => ({ bytes, number: numberOf(bytes) }))
    .toSorted((a, b) => a.number - b.number);
  const added = numbered
    .filter(({ bytes, number }) => !isKnown(known, bytes, number))
    .map(({ bytes }) => bytes);
  const chain = verifyRosterChain([...known, ...added], anchor, verifier);
  const before = chain.at(known.length);
  const isNew = before !== undefined && added.length > 0;
  return {
    chain,
    added,
    difference: isNew ? rosterDifference(before.roster, chain.current.roster) : null,
  };
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
