import { equalBytes, parseEnvelope } from '@countersign/codec';
import { decodeDiff, fromPages, type Diff } from '@countersign/diff';
import { decodeReceipt, type Effect, type Request } from '@countersign/messages';
import { ExecutorError } from '../executor-error.ts';
import type { RequestRow } from '../store/request-row.ts';
import { splitPages } from './export.ts';
import { requestOfRow, type SealedRow } from './known-request.ts';

/** Returns the signed diff of a sealed request, read from its inline bytes or its pages. */
export function signedDiff(row: RequestRow, request: Request): Diff {
  const { diff } = request.effect;
  return diff === undefined
    ? fromPages(splitPages(row.pages ?? new Uint8Array()), request.effect.diffDigest)
    : decodeDiff(diff);
}

/** Returns the effect that the receipt of a row's run states; null when it states none, undefined without a receipt. */
export function effectInReceipt(row: RequestRow): Effect | null | undefined {
  if (row.receipt === null) return undefined;
  const { payload } = parseEnvelope(row.receipt);
  return decodeReceipt(payload ?? new Uint8Array()).effect;
}

/** How what ran stands to the signed rows: they to the byte, others that the request lets differ, or others that nobody knows. */
export type RanAs = 'as-signed' | 'within-tolerance' | 'rows-unknown';

/** Returns how what an executed request did stands to what was signed. */
export function ranAs(row: SealedRow): RanAs {
  const effect = effectInReceipt(row);
  if (effect === null) return 'rows-unknown';
  if (effect === undefined) return 'as-signed';
  const signed = requestOfRow(row).effect;
  return equalBytes(effect.diffDigest, signed.diffDigest) ? 'as-signed' : 'within-tolerance';
}

/**
 * Returns what an executed request did: the diff that was kept of its run, when it says more or other than the signed one, else
 * that.
 * @throws `undo/rows-unknown` when all that is known is that it was within the signed tolerance
 */
export function diffAsRun(row: RequestRow, request: Request): Diff {
  const effect = effectInReceipt(row);
  if (effect === null) {
    throw new ExecutorError(
      'undo/rows-unknown',
      'the run was cut off before its receipt: it was within the signed tolerance, its exact rows are not known',
      { hint: 'look into the database; submit what puts it right as a request of its own' },
    );
  }
  const ran = effect ?? request.effect;
  return row.asRun === null
    ? signedDiff(row, request)
    : fromPages(splitPages(row.asRun), ran.diffDigest, { generated: 'keep' });
}

/**
 * Returns what the run of a request changed, or would have changed when it drifted, with the effect that its receipt states.
 * @throws `request/state` when no run tried its statements, `undo/rows-unknown`
 */
export function ranOrTried(
  row: SealedRow,
  request: Request,
): { readonly diff: Diff; readonly effect: Effect } {
  const effect = effectInReceipt(row);
  const tried = row.state === 'executed' || (row.state === 'drifted' && row.asRun !== null);
  if (!tried) {
    throw new ExecutorError(
      'request/state',
      `the request is ${row.state}: no run of it tried its statements`,
    );
  }
  const diff = diffAsRun(row, request);
  return { diff, effect: effect ?? request.effect };
}
