import { CodecError } from '@countersign/codec';
import { decodeDiff, DiffError, isSummaryOf, isWithin, verifyDigest } from '@countersign/diff';
import type { Effect, Request } from '@countersign/messages';
import { driftingColumns, toleranceIn } from '@countersign/policy';

/**
 * Whether the rows that a receipt carries are those it counts, and within the tolerance of the request that carries the signed ones,
 * both as their digests say. docs/spec/diff.md#tolerance
 */
export function isWithinSigned({ effect, policy, target }: Request, ran: Effect): boolean {
  if (effect.diff === undefined || ran.diff === undefined) return false;
  try {
    const signed = verifyDigest(decodeDiff(effect.diff), effect.diffDigest);
    const now = verifyDigest(decodeDiff(ran.diff), ran.diffDigest);
    if (!isSummaryOf(ran, now)) return false;
    const { columns, fewerRows } = toleranceIn(policy.obligations ?? []);
    const drifting = driftingColumns({ columns }, target.engine, signed.tables);
    return isWithin(signed, now, { columns: drifting, fewerRows });
  } catch (error) {
    if (error instanceof DiffError || error instanceof CodecError) return false;
    throw error;
  }
}
