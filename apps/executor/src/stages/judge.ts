import type { Effect } from '@countersign/messages';
import { judge as judgeWith, utcTime, type PolicyInput, type Verdict } from '@countersign/policy';
import type { Facts, NamedRelation } from '@countersign/sql';
import type { Usage } from '../store/usage.ts';
import type { World } from '../world.ts';
import type { Intake } from './intake.ts';

export type Relations = ReadonlyMap<string, NamedRelation>;

/** What policy is told beside who asks: facts, the live schema where it was looked at, the effect once there is one. */
export interface Known {
  readonly facts: Facts;
  /** Left out where nothing is counted: rules that look at the budget then deny. */
  readonly usage?: Usage | undefined;
  readonly relations?: Relations;
  readonly effect?: Effect;
}

/**
 * Asks the home's own policy about an input of {@link policyInput}. What it allows unasked must be known to read only;
 * anything else it allows is held back for the default quorum by the policy itself.
 */
export function judge(world: World, { submission }: Pick<Intake, 'submission'>, input: PolicyInput): Verdict {
  return judgeWith(world.policy(), input, submission.madeAt);
}

/** Returns what the policies look at; `now` is the time of what is recorded where that is known. */
export function policyInput(
  world: World,
  { person, submission }: Pick<Intake, 'person' | 'submission'>,
  { facts, relations, effect, usage }: Known,
  now: number = world.clock(),
): PolicyInput {
  const setting = world.targetSetting(submission.target);
  return {
    facts,
    identity: { id: person.id, kind: person.kind, roles: person.roles },
    target: { name: setting.name, engine: facts.dialect, tags: setting.tags },
    diff: effect,
    budget: usage,
    relations,
    time: utcTime(now),
    reason: submission.reason,
    context: submission.context ?? [],
    breakGlass: submission.breakGlass,
  };
}
