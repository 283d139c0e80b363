import { stricter, type Verdict } from '@countersign/policy';
import { putUsage, usageOf, type Usage, type UsageRow } from '../store/usage.ts';
import type { World } from '../world.ts';
import type { Intake } from './intake.ts';
import { judge, policyInput, type Known } from './judge.ts';

/** Returns what the submitter has used with this submission of so many rows, as it stands now. */
export function usageNow(world: World, intake: Pick<Intake, 'person' | 'submission'>, rows: number): Usage {
  return usageOf(world.store, rowOf(world, intake, rows));
}

/**
 * Asks the home's own policy once more with the budget as it stands, counts the submission and returns the stricter verdict. To be called in
 * the transaction that records it: two processes cannot both take the last unit, and a crash keeps both or neither.
 * A denied submission counts as a request of no rows. docs/spec/policy.md#budgets
 */
export function reserve(
  world: World,
  intake: Pick<Intake, 'person' | 'submission'>,
  known: Omit<Known, 'usage'>,
  { before, rows }: { readonly before: Verdict; readonly rows: number },
): Verdict {
  const usage = usageNow(world, intake, rows);
  const verdict = stricter(before, judge(world, intake, policyInput(world, intake, { ...known, usage })));
  putUsage(world.store, rowOf(world, intake, verdict.decision === 'deny' ? 0 : rows), usage);
  return verdict;
}

function rowOf(
  world: World,
  { person, submission }: Pick<Intake, 'person' | 'submission'>,
  rows: number,
): UsageRow {
  return { id: submission.id, person: person.id, at: world.clock(), rows };
}
