import type { Environment } from '@marcbachmann/cel-js';
import type { Item, Mapping } from './document.ts';
import { PolicyError } from './error.ts';
import type { Place } from './error.ts';
import { compile } from './expression.ts';
import { readObligations } from './obligation.ts';
import type { Outcome, Rule } from './policy.ts';
import { COUNT_MAX, ROLES_MAX, STEPS_MAX, mergeQuorums } from './quorum.ts';
import { closedMap, leaf, list, openMap, requiredEntry, shown, text, wholeNumber } from './shape.ts';
import { DIFF_NAMES, TAG_NAMES } from './surface.ts';
import { TOLERANCE_NAMES } from './tolerance.ts';
import type { Quorum, RoleCount } from './verdict.ts';

const KEYS = ['name', 'when', 'allow', 'deny', 'require', 'steps', 'reason', 'obligations'];
const REASON_LENGTH_MAX = 500;

/** Reads one rule; `reach` is all that each condition looks at. @throws PolicyError with the place */
export function readRule(
  env: Environment,
  item: Item,
  reach: ReadonlyMap<string, ReadonlySet<string>>,
): Rule {
  const entries = closedMap(item, KEYS);
  const name = text(requiredEntry(entries, 'name', item.place), 64);
  const condition = entries.get('when');
  const when = condition === undefined ? undefined : compile(env, leaf(condition.value));
  const names = [...(when?.names ?? [])];
  const all = [...names, ...names.flatMap((used) => [...(reach.get(used) ?? [])])];
  const obligations = readObligations(entries.get('obligations')?.value);
  const outcome = readOutcome(entries, item.place, obligations.length > 0);
  const loose = obligations.find(({ type }) => TOLERANCE_NAMES.has(type));
  if (loose !== undefined && outcome.type !== 'require')
    throw new PolicyError('policy/outcome', `${loose.type} without require or steps beside it`, item.place);
  return {
    name,
    place: item.place,
    when,
    outcome,
    reason: readReason(entries, name),
    obligations,
    usesDiff: all.some((used) => DIFF_NAMES.has(used)),
    usesTags: all.some((used) => TAG_NAMES.has(used)),
  };
}

function readReason(entries: Mapping['entries'], name: string): string {
  const written = entries.get('deny') ?? entries.get('reason');
  return written === undefined ? `rule ${name}` : text(written.value, REASON_LENGTH_MAX);
}

function readOutcome(entries: Mapping['entries'], place: Place, obliges: boolean): Outcome {
  const given = ['allow', 'deny', 'require', 'steps'].filter((key) => entries.has(key));
  const several = given.filter((key) => key !== 'steps' || !given.includes('require')).length > 1;
  if (several)
    throw new PolicyError('policy/outcome', `${given.join(' and ')} in one rule, expected one`, place);
  const allow = entries.get('allow');
  if (allow !== undefined) {
    if (leaf(allow.value).value !== true)
      throw new PolicyError('policy/type', 'expected allow: true', allow.value.place);
    return { type: 'allow' };
  }
  if (entries.has('deny')) {
    if (entries.has('reason') || obliges) {
      throw new PolicyError(
        'policy/outcome',
        'deny with a reason or obligations, expected its message alone',
        place,
      );
    }
    return { type: 'deny' };
  }
  const quorum = readRequirement(entries, place);
  if (quorum !== undefined) return { type: 'require', quorum };
  if (obliges) return { type: 'oblige' };
  throw new PolicyError('policy/outcome', 'a rule without allow, deny, require, steps or obligations', place);
}

/** The quorum of `require:` or `steps:` (not both); undefined when there is neither. */
export function readRequirement(entries: Mapping['entries'], place: Place): Quorum | undefined {
  const require = entries.get('require')?.value;
  const steps = entries.get('steps')?.value;
  if (require !== undefined && steps !== undefined) {
    throw new PolicyError('policy/outcome', 'require and steps in one place, expected one', place);
  }
  if (require !== undefined) return mergeQuorums([readStep(require)], []);
  return steps === undefined ? undefined : readSteps(steps);
}

/** A quorum as one step, `{ROLE: COUNT}`, or as a list of them. */
export function readQuorum(item: Item): Quorum {
  return item.type === 'list' ? readSteps(item) : mergeQuorums([readStep(item)], []);
}

function readSteps(item: Item): Quorum {
  const items = list(item);
  if (items.length === 0 || items.length > STEPS_MAX) {
    throw new PolicyError('policy/quorum', `${items.length} steps, expected 1 to ${STEPS_MAX}`, item.place);
  }
  return mergeQuorums(items.map(readStep), []);
}

function readStep(item: Item): readonly RoleCount[] {
  const roles = [...openMap(item)];
  if (roles.length === 0 || roles.length > ROLES_MAX) {
    throw new PolicyError('policy/quorum', `${roles.length} roles, expected 1 to ${ROLES_MAX}`, item.place);
  }
  return roles.map(([role, { key, value }]) => {
    if (role.length === 0 || role.length > 64)
      throw new PolicyError('policy/quorum', `role ${shown(role)}`, key);
    return { role, count: wholeNumber(value, 1, COUNT_MAX) };
  });
}
