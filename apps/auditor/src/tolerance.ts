import { isCarriedWithin } from '@countersign/diff';
import type { Effect, Request } from '@countersign/messages';
import { driftingColumns, toleranceIn } from '@countersign/policy';

/** Whether the rows that a receipt carries are those it counts, and within the tolerance of the request that carries the signed ones. */
export function isWithinSigned({ effect, policy, target }: Request, ran: Effect): boolean {
  const named = toleranceIn(policy.obligations ?? []);
  return isCarriedWithin(effect, ran, ({ tables }) => ({
    columns: driftingColumns(named, target.engine, tables),
    fewerRows: named.fewerRows,
  }));
}
