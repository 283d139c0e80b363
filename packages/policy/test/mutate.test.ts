import { describe, expect, test } from 'vitest';
import { classifyTexts } from '@countersign/sql';
import {
  boundaryOf,
  decide,
  formatExpect,
  formatGiven,
  loadCases,
  loadPolicy,
  mutate,
  readyCases,
  runCases,
  starterPolicyFiles,
  starterTestFiles,
} from '@countersign/policy';
import type { Expectation, MutationReport, Policy, ReadyCase } from '@countersign/policy';
import { policyOf } from './inputs.ts';

const always = (): boolean => true;

function casesOf(text: string): readonly ReadyCase[] {
  return readyCases(loadCases([{ path: 'a.test.yaml', text: `version: 1\ncases:\n${text}` }]), classifyTexts);
}

function policyWith(rules: string): Policy {
  return policyOf(`version: 1\ndefault: { require: { dba: 1 } }\n${rules}`);
}

/** What survived, as `name: change`. */
function survivors({ survivors: found }: MutationReport): readonly string[] {
  return found.map(({ mutant }) => `${mutant.name}: ${mutant.change}`);
}

describe('the starter policy', () => {
  const policy = loadPolicy(starterPolicyFiles);
  const cases = readyCases(loadCases(starterTestFiles), classifyTexts);

  test('has no change that its cases do not notice', () => {
    const report = mutate(policy, cases, always);
    expect([survivors(report), report.unnoticeable.length, report.complete]).toEqual([[], 0, true]);
    expect(report.noticed).toBeGreaterThan(50);
  });

  test('needs its cases: without those of a rule, changes of the rule survive', () => {
    for (const rule of policy.rules) {
      const touches = ({ rules, obligations }: Expectation): boolean =>
        (rules ?? []).includes(rule.name) || (rule.outcome.type === 'oblige' && obligations.length > 0);
      const others = cases.filter(({ expect: wanted }) => !touches(wanted));
      expect(others.length).toBeLessThan(cases.length);
      expect(
        survivors(mutate(policy, others, always)).filter((one) => one.startsWith(rule.name)),
      ).not.toEqual([]);
    }
  });

  test('is given up when there is no time left', () => {
    let asked = 0;
    const report = mutate(policy, cases, () => (asked += 1) <= 10);
    expect([report.complete, report.noticed]).toEqual([false, 10]);
  });
});

describe('a change survives', () => {
  test.each([
    ['when: diff.rows > 10, deny: many', 'diff.rows > 10 becomes diff.rows > 9'],
    ['when: diff.rows > 10, deny: many', 'diff.rows > 10 becomes diff.rows > 11'],
    [
      'when: "diff.rows > 10 && identity.kind == \\"agent\\"", deny: many',
      'identity.kind == "agent" taken as true',
    ],
    [
      'when: "!(identity.kind == \\"agent\\" || diff.rows <= 10)", deny: many',
      'identity.kind == "agent" taken as false',
    ],
    [
      'when: "statements.exists(s, s.kind in [\\"update\\", \\"delete\\"])", deny: many',
      '"delete" left out of the list',
    ],
    ['when: "statements.exists(s, s.kind == \\"update\\")", deny: many', 'exists becomes all'],
    ['when: "diff.rows > 10 ? true : facts.parsed && false", deny: many', 'facts.parsed taken as true'],
    ['require: { dba: 2 }', '2 dba becomes 1'],
    ['require: { dba: 2 }', '2 dba becomes 3'],
    ['steps: [{ dba: 2 }, { owner: 1 }]', '1 owner becomes 0 in step 2'],
    ['steps: [{ dba: 2 }, { owner: 1 }]', 'all steps at once instead of in order'],
    ['require: { dba: 2 }, obligations: { reason: 4 }', 'obligation reason left out'],
    ['obligations: { reason: 4, max_rows: 30 }', 'a reason of 4 characters becomes 3'],
    ['obligations: { max_rows: 30 }', 'max_rows 30 becomes 29'],
    ['obligations: { ticket: "OPS-[0-9]+" }', 'any ticket will do'],
    ['obligations: { ticket: "OPS-[0-9]+" }', 'the rule left out'],
  ])('{ %s }: %s', (rule, change) => {
    const policy = policyWith(`rules: [{ name: x, ${rule} }]\n`);
    const report = mutate(policy, [], always);
    const found = [...report.survivors, ...report.unnoticeable].map(({ mutant }) => mutant.change);
    expect(found).toContain(change);
    // Only the part that can never be true changes nothing.
    if (!rule.includes('&& false')) expect(survivors(report)).toContain(`x: ${change}`);
  });

  test('at its place, in conditions too', () => {
    const policy = policyWith(`conditions:
  prod: '"prod" in target.tags && target.name != "test"'
rules:
  - name: closed
    when: prod && diff.rows > 3
    deny: closed
`);
    const places = mutate(policy, [], always).survivors.map(({ mutant: { kind, name, place, change } }) => [
      kind,
      name,
      place === undefined ? '' : `${place.line}:${place.column}`,
      change,
    ]);
    expect(places).toContainEqual(['condition', 'prod', '4:10', '"prod" in target.tags taken as true']);
    expect(places).toContainEqual(['condition', 'prod', '4:35', 'target.name != "test" taken as true']);
    expect(places).toContainEqual(['rule', 'closed', '7:19', 'diff.rows > 3 becomes diff.rows > 2']);
    expect(places).toContainEqual(['rule', 'closed', '6:5', 'the rule left out']);
    expect(places).toContainEqual(['default', 'default', '', '1 dba becomes 2']);
  });

  test('and its witness, written as a case, notices it', () => {
    const policy = policyWith(`rules:
  - { name: a, when: 'diff.rows > 10 && context["zone"] == "eu"', deny: no }
  - { name: b, when: 'facts.writes.exists(w, w.startsWith("main.pay"))', require: { owner: 1 } }
  - { name: c, when: 'time.hour < 6', deny: night }
  - { name: d, when: 'identity.kind == "agent" && "risky" in identity.roles', steps: [{ dba: 1 }, { dba: 2 }] }
`);
    const { survivors: found } = mutate(policy, [], always);
    expect(found.length).toBeGreaterThan(20);
    for (const { mutant, witness } of found) {
      const given = formatGiven(witness.input);
      const text = `  - name: c\n    given: ${given}\n    expect: ${formatExpect(witness.before)}\n`;
      const ready = casesOf(text);
      expect(ready[0]?.input.facts.statements.map(({ kind }) => kind)).toEqual(
        witness.input.facts.statements.map(({ kind }) => kind),
      );
      expect(runCases(policy, ready).map(({ complaints }) => complaints)).toEqual([[]]);
      expect(runCases(mutant.policy, ready).map(({ complaints }) => complaints)).not.toEqual([[]]);
    }
  });
});

test('a change that decides nothing is told apart from one that no case notices', () => {
  const policy = policyWith(`rules:
  - { name: writes, when: '!facts.read_only', deny: no }
  - { name: many, when: '!facts.read_only && diff.rows > 5', require: { dba: 2 } }
`);
  const report = mutate(policy, [], always);
  expect(survivors(report).filter((one) => one.startsWith('many'))).toEqual([]);
  expect(report.unnoticeable.map(({ mutant }) => mutant.name)).toContain('many');
  expect(report.unnoticeable.every(({ inputs }) => inputs > 10)).toBe(true);
});

describe('boundary inputs', () => {
  const policy = loadPolicy(starterPolicyFiles);

  test('are always the same, and read back from their text as what they were', () => {
    for (const rule of policy.rules) {
      const { inputs, notVaried } = boundaryOf(policy, [rule], 60);
      expect(notVaried).toEqual([]);
      expect(boundaryOf(policy, [rule], 60).inputs).toEqual(inputs);
      const text = inputs
        .map(
          (input, index) =>
            `  - { name: c${index}, given: ${formatGiven(input)}, expect: { decision: deny } }\n`,
        )
        .join('');
      const read = casesOf(text);
      expect(read.map(({ input }) => decide(policy, input))).toEqual(
        inputs.map((input) => decide(policy, input)),
      );
    }
  });

  test('reach both sides of every rule of the starter', () => {
    for (const rule of policy.rules) {
      const alone = { ...policy, rules: [{ ...rule, obligations: [], outcome: { type: 'deny' as const } }] };
      const said = new Set(boundaryOf(policy, [rule]).inputs.map((input) => decide(alone, input).decision));
      expect([rule.name, said.has('deny'), said.size > 1]).toEqual([rule.name, true, true]);
    }
  });

  test('name what they do not vary', () => {
    const odd = policyWith(
      'rules: [{ name: x, when: "time.unix > 5 && {\\"a\\": 1}[\\"a\\"] == 1", deny: no }]',
    );
    expect(boundaryOf(odd, odd.rules).notVaried).toEqual([]);
  });
});
