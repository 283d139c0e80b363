import type { Place } from './error.ts';
import { sameOutcome } from './mutate.ts';
import type { Obligation, Policy, Rule } from './policy.ts';
import { judge } from './judge.ts';
import type { ReadyCase } from './run-cases.ts';
import { printTree, treeOf } from './tree.ts';
import type { TestCase } from './test-case.ts';
import type { Verdict } from './verdict.ts';

/** One rule or condition, the default, or all scopes, tags or trusted functions, that two policies do not have alike. */
export interface Difference {
  readonly kind: 'rule' | 'condition' | 'default' | 'part';
  readonly name: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Where the rule stands in the later policy, or stood in the earlier; rules alone have places. */
  readonly place: Place | undefined;
  /** What it says, in one form; null where it is not. */
  readonly before: string | null;
  readonly after: string | null;
}

/** A case on which two policies decide otherwise. */
export interface VerdictChange {
  readonly test: TestCase;
  readonly before: Verdict;
  readonly after: Verdict;
}

/** What two policies say otherwise; how it is written, in which file and in which order does not matter. */
export function comparePolicies(before: Policy, after: Policy): readonly Difference[] {
  const places = (policy: Policy): ReadonlyMap<string, Place> =>
    new Map(policy.rules.map(({ name, place }) => [name, place]));
  return [
    ...compare('condition', conditionTexts(before), conditionTexts(after), new Map(), new Map()),
    ...compare('rule', ruleTexts(before), ruleTexts(after), places(before), places(after)),
    ...compare('default', fallbackTexts(before), fallbackTexts(after), new Map(), new Map()),
    ...compare('part', partTexts(before), partTexts(after), new Map(), new Map()),
  ];
}

/** The cases on which two policies decide otherwise. */
export function compareVerdicts(
  before: Policy,
  after: Policy,
  cases: readonly ReadyCase[],
): readonly VerdictChange[] {
  return cases
    .map(({ test, input }) => ({
      test,
      before: judge(before, input, input.time.unix),
      after: judge(after, input, input.time.unix),
    }))
    .filter((each) => !sameOutcome(each.before, each.after));
}

type Texts = ReadonlyMap<string, string>;

function compare(
  kind: Difference['kind'],
  before: Texts,
  after: Texts,
  placesBefore: ReadonlyMap<string, Place>,
  placesAfter: ReadonlyMap<string, Place>,
): readonly Difference[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name): readonly Difference[] => {
    const [was, is] = [before.get(name), after.get(name)];
    if (was === is) return [];
    const change = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed';
    const place = placesAfter.get(name) ?? placesBefore.get(name);
    return [{ kind, name, change, place, before: was ?? null, after: is ?? null }];
  });
}

function conditionTexts({ conditions }: Policy): Texts {
  return new Map(
    [...conditions.values()].map(({ name, expression }) => [name, printTree(treeOf(expression))]),
  );
}

function fallbackTexts({ fallback }: Policy): Texts {
  return new Map([['default', JSON.stringify(fallback)]]);
}

function partTexts({ scopes, functions, tags }: Policy): Texts {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, one: unknown) => (one instanceof Map ? [...one].sort() : one));
  return new Map([
    ['functions', text(functions)],
    ['scopes', text(scopes)],
    ['tags', text(tags)],
  ]);
}

function ruleTexts({ rules }: Policy): Texts {
  return new Map(rules.map((rule) => [rule.name, ruleText(rule)]));
}

function ruleText({ when, outcome, reason, obligations }: Rule): string {
  return JSON.stringify({
    when: when === undefined ? null : printTree(treeOf(when)),
    outcome,
    reason,
    obligations: obligations.map(obligationNode),
  });
}

/** An obligation whose pattern can be seen; a regular expression has no JSON of its own. */
function obligationNode(obligation: Obligation): object {
  return obligation.type === 'ticket' ? { type: 'ticket', pattern: obligation.pattern.source } : obligation;
}
