import { stricter, type Verdict } from '@countersign/policy';
import { putUsage, usageOf, type Usage, type UsageRow } from '../store/usage.ts';
import type { World } from '../world.ts';
import type { Intake } from './intake.ts';
import { judge, policyInput, type Known } from './judge.ts';

/** Returns what the submitter has used with this submission of so many rows, as it stands now. */
export function usageNow(world: World, intake: Pick<Intake, 'person' | 'submission'>, rows: number): Usage {
  return usageOf(world.store, rowOf(intake, rows, world.clock()));
}

/** What is counted: the first verdict with the usage that it was made by, the rows, and the time of what is recorded. */
interface Reservation {
  readonly before: Verdict;
  readonly rows: number;
  readonly usage: Usage;
  readonly now: number;
}

/**
 * Asks the home's own policy once more with the budget as it stands, counts the submission and returns the stricter verdict. To be called in
 * the transaction that records it, with its time: two processes cannot both take the last unit, and a crash keeps both or neither.
 * A denied submission counts as a request of no rows. A Rego policy cannot be asked inside a transaction: when others have used of the budget
 * since it was asked with `usage`, its answer is to another question, and the submission is denied. docs/spec/policy.md#budgets
 */
export function reserve(
  world: World,
  intake: Pick<Intake, 'person' | 'submission'>,
  known: Omit<Known, 'usage'>,
  { before, rows, usage: asked, now }: Reservation,
): Verdict {
  const usage = usageOf(world.store, rowOf(intake, rows, now));
  const input = policyInput(world, intake, { ...known, usage }, now);
  const judged = stricter(before, judge(world, intake, input));
  const outrun = world.rego(intake.submission.target) !== undefined && isMore(usage, asked);
  const verdict = outrun ? deniedAsOutrun(judged) : judged;
  putUsage(world.store, rowOf(intake, verdict.decision === 'deny' ? 0 : rows, now), usage);
  return verdict;
}

function isMore(now: Usage, asked: Usage): boolean {
  const counts = ['requestsHour', 'requestsDay', 'rowsHour', 'rowsDay'] as const;
  return counts.some((count) => now[count] > asked[count]);
}

function deniedAsOutrun(verdict: Verdict): Verdict {
  const [rule, effect] = ['rego:budget-outrun', 'deny'] as const;
  const reason = 'another submission used of the budget while Rego was asked; submit it again';
  const matched = [...verdict.matched, { rule, effect, reason }];
  return { ...verdict, decision: effect, rules: [rule], reason, quorum: [], matched };
}

function rowOf(
  { person, submission }: Pick<Intake, 'person' | 'submission'>,
  rows: number,
  at: number,
): UsageRow {
  return { id: submission.id, person: person.id, at, rows };
}
