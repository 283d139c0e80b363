import { equalBytes } from '@countersign/codec';
import { inlineDiffBytesMax, type Effect, type Request } from '@countersign/messages';
import { LedgerError } from '../ledger-error.ts';
import type { ReplayTrust } from './replay-state.ts';

/**
 * Returns how many rows an executed run is known to have changed at most, when its effect is the one that was signed, or another
 * under a tolerance that was signed with it. docs/spec/ledger.md#what-verification-checks
 * @throws LedgerError `ledger/effect-differs` without such a tolerance, `ledger/tolerance-exceeded` outside it
 */
export function requireSignedEffect(
  request: Request,
  ran: Effect | null,
  { isWithinTolerance }: ReplayTrust,
  index: number,
): number {
  const { effect: signed } = request;
  const tolerance = toleranceOf(request);
  if (ran === null) {
    // Cut off before its receipt: the marker says that it ran, and the tolerance that it was no more than this.
    if (tolerance.any) return signed.rows;
    throw differs(index);
  }
  const same = equalBytes(ran.diffDigest, signed.diffDigest);
  if (
    same &&
    ran.rows === signed.rows &&
    ran.complete === signed.complete &&
    countsOf(ran) === countsOf(signed)
  )
    return ran.rows;
  if (same || !tolerance.any) throw differs(index);
  const bothHere = ran.diff !== undefined && signed.diff !== undefined;
  if (
    owesRows(ran, signed, tolerance) ||
    !isCountedWithin(ran, signed, tolerance.fewerRows) ||
    (bothHere && isWithinTolerance?.(request, ran) === false)
  ) {
    throw new LedgerError(
      'ledger/tolerance-exceeded',
      'executed with an effect outside the signed tolerance',
      {
        index,
      },
    );
  }
  return ran.rows;
}

function differs(index: number): LedgerError {
  return new LedgerError('ledger/effect-differs', 'executed with another effect than was signed', { index });
}

interface SignedTolerance {
  readonly any: boolean;
  /** Whether values of a column may be others, longer ones among them. */
  readonly drifts: boolean;
  readonly fewerRows: boolean;
}

/** What a request lets its run do otherwise: nothing where it changes the schema or does not show every row. */
function toleranceOf({ policy, effect }: Request): SignedTolerance {
  const hasMeaning = effect.complete && effect.schemaChanges.length === 0;
  const pairs = hasMeaning ? (policy.obligations ?? []) : [];
  const fewerRows = pairs.some(([name, value]) => name === 'fewer_rows' && value === 'true');
  const drifts = pairs.some(([name]) => name === 'may_drift');
  return { any: fewerRows || drifts, drifts, fewerRows };
}

/**
 * Whether a receipt leaves out rows that it had room for: where the request carries its own, fewer of them fit as well, and other
 * values do when the receipt says so itself.
 */
function owesRows(ran: Effect, signed: Effect, { drifts }: SignedTolerance): boolean {
  const fits = !drifts || ran.diffSize <= inlineDiffBytesMax;
  return signed.diff !== undefined && ran.diff === undefined && fits;
}

/** What can be told without the rows: everything is there, and of no table more rows changed than was signed, or others. */
function isCountedWithin(ran: Effect, signed: Effect, fewerRows: boolean): boolean {
  const words = ({ notPreviewed, schemaChanges }: Effect): string =>
    JSON.stringify([notPreviewed.toSorted(), schemaChanges.toSorted()]);
  const rows = ran.tables.reduce((sum, one) => sum + one.inserted + one.updated + one.deleted, 0);
  if (!ran.complete || !signed.complete || rows !== ran.rows || words(ran) !== words(signed)) return false;
  if (!fewerRows) return countsOf(ran) === countsOf(signed);
  const names = ran.tables.map(({ table }) => table);
  return (
    rows > 0 &&
    new Set(names).size === names.length &&
    ran.tables.every((now) => {
      const was = signed.tables.find(({ table }) => table === now.table);
      return (
        was !== undefined &&
        now.inserted <= was.inserted &&
        now.updated <= was.updated &&
        now.deleted <= was.deleted
      );
    })
  );
}

function countsOf({ tables }: Effect): string {
  return JSON.stringify(
    tables.map(({ table, inserted, updated, deleted }) => [table, inserted, updated, deleted]),
  );
}
