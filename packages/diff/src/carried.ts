import { CodecError } from '@countersign/codec';
import type { Diff } from './diff.ts';
import { DiffError } from './diff-error.ts';
import { verifyDigest } from './digest.ts';
import { decodeDiff } from './pages.ts';
import { isSummaryOf, type DiffSummary } from './summary.ts';
import { isWithin, type Tolerance } from './tolerance.ts';

/** What a record says of a diff, with its rows when it carries them. */
export interface CarriedSummary extends DiffSummary {
  readonly diffDigest: Uint8Array;
  readonly diff?: Uint8Array;
}

/**
 * Whether the rows that one record carries are those it counts, and within a tolerance of those that another carries, both as
 * their digests say. False where either carries none, or bytes that are no diff. docs/spec/diff.md#tolerance
 */
export function isCarriedWithin(
  signed: CarriedSummary,
  ran: CarriedSummary,
  toleranceFor: (signed: Diff) => Tolerance,
): boolean {
  if (signed.diff === undefined || ran.diff === undefined) return false;
  try {
    const was = verifyDigest(decodeDiff(signed.diff), signed.diffDigest);
    const now = verifyDigest(decodeDiff(ran.diff), ran.diffDigest);
    return isSummaryOf(ran, now) && isWithin(was, now, toleranceFor(was));
  } catch (error) {
    if (error instanceof DiffError || error instanceof CodecError) return false;
    throw error;
  }
}
