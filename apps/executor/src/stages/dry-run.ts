import type { Diff } from '@countersign/diff';
import { stricter, type Verdict } from '@countersign/policy';
import type { DryRun, DryRunLimits } from '@countersign/targets';
import type { Usage } from '../store/usage.ts';
import type { World } from '../world.ts';
import type { Assessment } from './assess.ts';
import { usageNow } from './budget.ts';
import { carryDiff, type CarriedDiff } from './effect.ts';
import type { Intake } from './intake.ts';
import { policyInput } from './judge.ts';
import { lookAt, recordLook, type Look } from './look.ts';

/** What the statements do to the rows, and what the policy says now that it knows. */
export interface Rehearsal {
  readonly dryRun: DryRun;
  readonly diff: Diff;
  readonly carried: CarriedDiff;
  /** The stricter of the policies' two looks. */
  readonly verdict: Verdict;
  /** The budget that they were asked with. */
  readonly usage: Usage;
  /** The stricter of the two looks without the declaration of an emergency; undefined when none was made. */
  readonly ordinary: Verdict | undefined;
}

/** Returns the bounds of a dry run. They shape the digest, so they travel in the request and hold for its run too. */
export function rehearsalLimits(world: World): Partial<DryRunLimits> {
  const { statementMs, rowsImagedMax, lockedMs } = world.configuration.limits;
  return { timeoutMs: statementMs, rowsImagedMax, lockedMs };
}

/** Returns how long a dry run or a run of a target waits for locks, where its setting says so. It shapes no digest. */
export function lockWait(world: World, target: string): Partial<DryRunLimits> {
  const { lockWaitMs } = world.targetSetting(target);
  return lockWaitMs === undefined ? {} : { busyMs: lockWaitMs };
}

/**
 * Runs the statements for real, rolls them back, and asks the policy again with what they did.
 * @throws whatever the target refuses with; nothing stays changed
 */
export async function rehearse(world: World, intake: Intake, assessment: Assessment): Promise<Rehearsal> {
  const { statements, target } = intake.submission;
  const limits = { ...rehearsalLimits(world), ...lockWait(world, target) };
  const dryRun = await world.trace.span('dry-run', { target }, () =>
    assessment.target.dryRun(statements, limits),
  );
  const carried = carryDiff(dryRun.diff, dryRun.digest, dryRun);
  const usage = usageNow(world, intake, carried.effect.rows);
  const input = policyInput(world, intake, { ...assessment, effect: carried.effect, usage });
  const second = await lookAt(world, intake, input);
  recordLook(world, second);
  return {
    dryRun,
    diff: dryRun.diff,
    carried,
    usage,
    verdict: stricter(assessment.verdict, second.verdict),
    ordinary: ordinaryOf(assessment.look, second),
  };
}

function ordinaryOf({ ordinary: first }: Look, { ordinary: second }: Look): Verdict | undefined {
  return first === undefined || second === undefined ? undefined : stricter(first.verdict, second.verdict);
}
