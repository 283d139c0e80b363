import { concatBytes, encode, equalBytes } from '@countersign/codec';
import { decodeNote, type Intent } from '@countersign/ledger';
import { decodeEntry, signReceipt, type Effect, type Outcome, type Receipt } from '@countersign/messages';
import { ExecutorError } from '../executor-error.ts';
import { noteText } from '../note-text.ts';
import type { RequestState } from '../store/schema.ts';
import type { World } from '../world.ts';
import { requestOfRow, type SealedRow } from './known-request.ts';
import { record } from './record.ts';

/** How a run ended, and what the request becomes. */
export interface Ending {
  readonly outcome: Outcome;
  readonly state: Extract<RequestState, 'executed' | 'drifted' | 'failed' | 'ambiguous' | 'resolved'>;
  readonly code: string | null;
  /** What the run did; null when nothing was observed. */
  readonly effect: Effect | null;
  readonly detail: string | null;
  /** Pages of the diff as it was at the run, when it was another than the signed one. */
  readonly asRun?: readonly Uint8Array[];
}

/** The intent that began the last run of a request, and when. */
export interface Begun {
  readonly intent: Intent;
  readonly startedAt: number;
}

/** What a receipt says of a run that was not the signed one to the byte. */
export const withinTolerance = 'not the signed rows to the byte, within what the request lets differ';

/** Returns the pages of a diff as the store keeps them: a CBOR sequence. */
export function packPages(pages: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...pages.map((page) => encode(page)));
}

/** Returns the last intent of a request. */
export function lastIntent(world: World, row: SealedRow): Begun {
  const found = world.ledger
    .indexesOf(row.id)
    .map((index) => ({ index, entry: decodeEntry(world.ledger.entry(index)) }))
    .findLast(({ entry }) => entry.type === 'intent');
  const body = found === undefined ? null : world.ledger.body(found.index);
  if (found === undefined || body === null) {
    throw new ExecutorError(
      'home/store-damaged',
      'a request is being run but the ledger has no intent of it',
    );
  }
  return { intent: decodeNote('intent', body), startedAt: found.entry.madeAt };
}

/** Signs the receipt of the run that the last intent began, and records it with the state it tells of. */
export function recordReceipt(world: World, row: SealedRow, ending: Ending): void {
  const { outcome, state, code, effect, detail, asRun } = ending;
  const { intent, startedAt } = lastIntent(world, row);
  record(world, (append, now) => {
    const receipt: Receipt = {
      version: 1,
      domain: world.domain,
      requestId: row.id,
      requestHash: row.digest,
      outcome,
      effect: effect === null ? null : inReceipt(effect, requestOfRow(row).effect, outcome),
      decisions: intent.decisions,
      startedAt,
      endedAt: now,
      ...(detail === null ? {} : { detail: noteText(detail) }),
      ...(requestOfRow(row).breakGlass === undefined ? {} : { breakGlass: true }),
    };
    const bytes = signReceipt(receipt, world.signer);
    append('receipt', bytes, row.id);
    const pages = asRun === undefined ? null : packPages(asRun);
    world.store.move(row.id, row.state, state, {
      changedAt: now,
      receipt: bytes,
      // What an attempt was about to commit settles it later.
      ...(outcome === 'ambiguous' ? {} : { asRun: pages }),
      code,
      detail,
    });
  });
  world.reached('receipt-recorded');
}

/**
 * A receipt names the rows by their digest; they stand in the request that it names. Rows that do not, because they are others
 * within its tolerance, are in the receipt: so an auditor can compare the two. docs/spec/records.md
 */
function inReceipt(effect: Effect, signed: Effect, outcome: Outcome): Effect {
  const { rows, tables, diffDigest, diffSize, complete, notPreviewed, schemaChanges, untried, onCopy, diff } =
    effect;
  const hasRun = outcome === 'executed' || outcome === 'resolved-ran';
  const isOther = hasRun && !equalBytes(diffDigest, signed.diffDigest);
  return {
    rows,
    tables,
    diffDigest,
    diffSize,
    complete,
    notPreviewed,
    schemaChanges,
    ...(untried === undefined ? {} : { untried }),
    ...(onCopy === undefined ? {} : { onCopy }),
    ...(diff === undefined || !isOther ? {} : { diff }),
  };
}
