import {
  equalBytes,
  keyId,
  sha256,
  verify1,
  type PublicKey,
  type SignatureVerifier,
} from '@countersign/codec';
import { readJournalled, type ApproverState, type Decision, type JournalItem } from '@countersign/messages';

/** One decision of the journal, read. */
export interface JournalledDecision {
  readonly origin: string;
  /** SHA-256 of the signed bytes. */
  readonly hash: Uint8Array;
  readonly decision: Decision;
  readonly confirmed: boolean;
  readonly refusal: string | null;
}

/** Returns the decisions of a state, by log, oldest first. The state itself was decoded, so each log is one chain. */
export function journalOf(state: ApproverState): readonly JournalledDecision[] {
  return state.logs.flatMap(({ origin, journal }) => journal.map((item) => read(origin, item)));
}

function read(origin: string, item: JournalItem): JournalledDecision {
  const { confirmed, refusal, decision: bytes } = item;
  return { origin, hash: sha256(bytes), decision: readJournalled(item).decision, confirmed, refusal };
}

/**
 * Returns the decisions of a state once each was found to be signed by `key`.
 * @throws CodecError `signature/…`, `cose/…`
 */
export function verifyJournal(
  state: ApproverState,
  key: PublicKey,
  verifier: SignatureVerifier,
): readonly JournalledDecision[] {
  const kid = keyId(key);
  const keyOf = (named: Uint8Array): PublicKey | undefined => (equalBytes(named, kid) ? key : undefined);
  for (const item of state.logs.flatMap(({ journal }) => journal))
    verify1(item.decision, { type: 'decision', keyOf, verifier });
  return journalOf(state);
}
