import { equalBytes, sha256, toHex } from '@countersign/codec';
import { checkConsistency, checkInclusion, leafHash, type Checkpoint } from '@countersign/merkle';
import type { JournalItem, LogState } from './approver-state.ts';
import type { Bundle, LastDecision } from './containers.ts';
import { decodeEntry } from './entry.ts';
import { MessageError } from './message-error.ts';
import { encodeRefusedDecision } from './refused-body.ts';
import type { Request } from './request.ts';
import type { Signed } from './signed-record.ts';
import { within } from './within.ts';

/** Refuses a bundle whose request is not in the checkpoint's tree, @throws MessageError `bundle/entry-…`. */
export function checkRequestEntry(bundle: Bundle, request: Signed<Request>, checkpoint: Checkpoint): void {
  const entry = within('bundle/entry-mismatch', 'an entry that is none', () => decodeEntry(bundle.entry));
  const names =
    entry.type === 'request' &&
    entry.index === bundle.index &&
    equalBytes(entry.bodyHash, request.hash) &&
    entry.requestId !== undefined &&
    equalBytes(entry.requestId, request.record.id);
  if (!names)
    throw new MessageError('bundle/entry-mismatch', 'an entry of something else, expected of this request');
  within('bundle/entry-not-included', 'the entry of the request is not in the tree of the checkpoint', () =>
    checkInclusion({ ...placeOf(bundle), size: checkpoint.size, root: checkpoint.root }),
  );
}

/**
 * Refuses a checkpoint that does not extend the head pinned before; nothing pinned, nothing to extend.
 * @throws MessageError `bundle/checkpoint-…`, `bundle/consistency-…`
 */
export function checkPin(bundle: Bundle, log: LogState, checkpoint: Checkpoint): void {
  const { pinned } = log;
  if (pinned === null) return;
  if (pinned.size > checkpoint.size) {
    const message = `a checkpoint of size ${checkpoint.size}, expected at least the pinned ${pinned.size}`;
    throw new MessageError('bundle/checkpoint-older', message);
  }
  if (pinned.size === checkpoint.size) {
    if (equalBytes(pinned.root, checkpoint.root)) return;
    throw new MessageError('bundle/checkpoint-forked', 'another root than the one pinned at the same size');
  }
  const found = bundle.consistency.find((each) => each.size === pinned.size);
  if (found === undefined) {
    throw new MessageError('bundle/consistency-missing', `no proof from the pinned size ${pinned.size}`);
  }
  within('bundle/consistency-invalid', 'the tree of the checkpoint does not extend the one pinned', () =>
    checkConsistency({
      oldSize: pinned.size,
      oldRoot: pinned.root,
      newSize: checkpoint.size,
      newRoot: checkpoint.root,
      proof: found.proof,
    }),
  );
}

/**
 * Returns the journal with everything confirmed up to the key's last decision in the ledger. What the ledger once
 * confirmed it must confirm again, or it was rolled back.
 * @throws MessageError `bundle/last-decision-…`
 */
export function confirmJournal(
  bundle: Bundle,
  log: LogState,
  kid: Uint8Array,
  checkpoint: Checkpoint,
): readonly JournalItem[] {
  const last = bundle.lastDecisions.find((each) => equalBytes(each.kid, kid));
  const known = log.journal.findLastIndex((item) => item.confirmed);
  if (last === undefined) {
    if (known < 0) return log.journal;
    throw new MessageError(
      'bundle/last-decision-missing',
      'a confirmed decision of this key is gone from the ledger',
    );
  }
  const at = log.journal.findIndex((item) => equalBytes(sha256(item.decision), last.hash));
  const item = log.journal[at];
  if (item === undefined) {
    // Either the key was used elsewhere, or this state is an old copy: both are for a person to settle.
    const name = toHex(last.hash);
    throw new MessageError(
      'bundle/last-decision-unknown',
      'the ledger has a decision that the journal has not',
      { name },
    );
  }
  if (at < known) {
    throw new MessageError('bundle/last-decision-older', 'a later decision was confirmed before');
  }
  checkLastDecision(last, item, checkpoint);
  return log.journal.map((each, i) => {
    if (i > at) return each;
    return { ...each, confirmed: true, refusal: i === at ? last.refusal : each.refusal };
  });
}

function checkLastDecision(last: LastDecision, item: JournalItem, checkpoint: Checkpoint): void {
  const entry = within('bundle/last-decision-mismatch', 'an entry that is none', () =>
    decodeEntry(last.entry),
  );
  const { refusal } = last;
  const body =
    refusal === null ? item.decision : encodeRefusedDecision({ decision: item.decision, code: refusal });
  const type = refusal === null ? 'decision' : 'refused-decision';
  if (entry.type !== type || entry.index !== last.index || !equalBytes(entry.bodyHash, sha256(body))) {
    throw new MessageError(
      'bundle/last-decision-mismatch',
      'an entry of something else, expected of this decision',
    );
  }
  within('bundle/last-decision-not-included', 'the last decision is not in the tree of the checkpoint', () =>
    checkInclusion({ ...placeOf(last), size: checkpoint.size, root: checkpoint.root }),
  );
}

function placeOf(entered: {
  readonly entry: Uint8Array;
  readonly index: number;
  readonly inclusion: readonly Uint8Array[];
}): { readonly leaf: Uint8Array; readonly index: number; readonly proof: readonly Uint8Array[] } {
  return { leaf: leafHash(entered.entry), index: entered.index, proof: entered.inclusion };
}
