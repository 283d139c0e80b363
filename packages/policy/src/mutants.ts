import type { Environment } from '@marcbachmann/cel-js';
import type { Place } from './error.ts';
import { compile } from './expression.ts';
import type { Expression } from './expression.ts';
import { treeMutants } from './mutant-tree.ts';
import { fallbackMutants, outcomeMutants } from './outcome-mutants.ts';
import type { Condition, Policy, Rule } from './policy.ts';
import { DIFF_NAMES, environment } from './surface.ts';
import { printTree, treeOf } from './tree.ts';

/** A policy that differs from another in one small thing. */
export interface Mutant {
  readonly policy: Policy;
  /** Rule or condition that was changed, or `default`. */
  readonly name: string;
  readonly kind: 'rule' | 'condition' | 'default';
  /** Undefined for the default. */
  readonly place: Place | undefined;
  readonly change: string;
  /** Rules whose say may differ. */
  readonly rules: readonly Rule[];
}

/** Every mutant of a policy, one by one: rules left out, expressions changed, quorums and obligations moved. */
export function* mutantsOf(policy: Policy): Generator<Mutant, void, undefined> {
  const env = environment(policy.conditions.keys());
  for (const condition of policy.conditions.values()) yield* conditionMutants(policy, env, condition);
  for (const rule of policy.rules) yield* ruleMutants(policy, env, rule);
  for (const { fallback, change } of fallbackMutants(policy)) {
    const mutant = { ...policy, fallback };
    yield { policy: mutant, name: 'default', kind: 'default', place: undefined, change, rules: policy.rules };
  }
}

function* ruleMutants(policy: Policy, env: Environment, rule: Rule): Generator<Mutant, void, undefined> {
  const about = { name: rule.name, kind: 'rule', place: rule.place, rules: [rule] } as const;
  const others = policy.rules.filter((other) => other !== rule);
  yield { ...about, policy: { ...policy, rules: others }, change: 'the rule left out' };
  for (const { when, change, place } of expressionMutants(env, rule.when)) {
    const changed = { ...rule, when, usesDiff: looksAtDiff(when.names, policy.conditions) };
    yield { ...about, policy: replaced(policy, rule, changed), place, change };
  }
  for (const { rule: changed, change } of outcomeMutants(rule)) {
    yield { ...about, policy: replaced(policy, rule, changed), change };
  }
}

function* conditionMutants(
  policy: Policy,
  env: Environment,
  condition: Condition,
): Generator<Mutant, void, undefined> {
  const { name, expression } = condition;
  const rules = policy.rules.filter(
    ({ when }) => when !== undefined && uses(when.names, name, policy.conditions),
  );
  for (const { when, change, place } of expressionMutants(env, expression)) {
    const conditions = new Map([...policy.conditions, [name, { name, expression: when }]]);
    const changed = policy.rules.map((rule) => ({
      ...rule,
      usesDiff: rule.when !== undefined && looksAtDiff(rule.when.names, conditions),
    }));
    yield {
      policy: { ...policy, conditions, rules: changed },
      name,
      kind: 'condition',
      place,
      change,
      rules,
    };
  }
}

interface ExpressionMutant {
  readonly when: Expression;
  readonly place: Place;
  readonly change: string;
}

function* expressionMutants(
  env: Environment,
  expression: Expression | undefined,
): Generator<ExpressionMutant, void, undefined> {
  if (expression === undefined) return;
  for (const { tree, at, change } of treeMutants(treeOf(expression))) {
    const value = printTree(tree);
    const place = expression.placeAt(at);
    // What never matches is a rule left out, which is tried anyway.
    if (value === 'false') continue;
    yield { when: compile(env, { type: 'value', place, value, placeAt: () => place }), place, change };
  }
}

function replaced(policy: Policy, rule: Rule, changed: Rule): Policy {
  return { ...policy, rules: policy.rules.map((other) => (other === rule ? changed : other)) };
}

function looksAtDiff(names: ReadonlySet<string>, conditions: Policy['conditions']): boolean {
  return [...DIFF_NAMES].some((name) => uses(names, name, conditions));
}

/** Whether `wanted` is among the names, or among those of the conditions they name. */
function uses(names: ReadonlySet<string>, wanted: string, conditions: Policy['conditions']): boolean {
  if (names.has(wanted)) return true;
  return [...names].some((name) => {
    const used = conditions.get(name);
    return used !== undefined && uses(used.expression.names, wanted, conditions);
  });
}
