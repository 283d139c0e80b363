import { complaints } from './case-expect.ts';
import type { PolicyInput } from './input.ts';
import { judge } from './judge.ts';
import type { Policy } from './policy.ts';
import type { Analyse, Expectation, TestCase } from './test-case.ts';
import type { Verdict } from './verdict.ts';

/** A case whose SQL was read: ready to be judged any number of times. */
export interface ReadyCase {
  readonly test: TestCase;
  readonly input: PolicyInput;
  readonly expect: Expectation;
}

export interface CaseResult {
  readonly test: TestCase;
  readonly verdict: Verdict;
  /** One line for each thing that is other than expected; none when the case passed. */
  readonly complaints: readonly string[];
}

/** Reads the SQL of every case, once. */
export function readyCases(cases: readonly TestCase[], analyse: Analyse): readonly ReadyCase[] {
  return cases.map((test) => {
    const { source, ...rest } = test.given;
    const facts =
      source.type === 'facts' ? source.facts : analyse(source.texts, source.dialect, source.catalog);
    return { test, input: { ...rest, facts }, expect: test.expect };
  });
}

/** Asks the policy about every case. */
export function runCases(policy: Policy, cases: readonly ReadyCase[]): readonly CaseResult[] {
  return cases.map(({ test, input, expect }) => {
    const verdict = judge(policy, input, input.time.unix);
    return { test, verdict, complaints: complaints(expect, verdict) };
  });
}

/** Names of the rules that matched in no case, in the policy's order. */
export function untouchedRules(policy: Policy, results: readonly CaseResult[]): readonly string[] {
  const touched = new Set(results.flatMap(({ verdict }) => verdict.matched.map(({ rule }) => rule)));
  return policy.rules
    .filter(({ name, outcome }) => outcome.type !== 'oblige' && !touched.has(name))
    .map(({ name }) => name);
}
