import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  conditionsOf,
  coversQuorum,
  decide,
  loadPolicy,
  mergeQuorums,
  stricter,
  toleranceIn,
} from '@countersign/policy';
import type { DecisionKind, Quorum, Verdict } from '@countersign/policy';
import { inputOf, policyOf } from './inputs.ts';
import type { Given } from './inputs.ts';

const path = new URL('../../../test/vectors/policy/decisions.json', import.meta.url);
const file = JSON.parse(readFileSync(path, 'utf8')) as {
  count: number;
  vectors: (Given & { why: string; policy: string; verdict: Partial<Verdict> })[];
};
const SEED = 20_260_101;
const RANK: Readonly<Record<DecisionKind, number>> = { allow: 0, require: 1, deny: 2 };

test('the vectors are all there', () => {
  expect(file.vectors.length).toBe(file.count);
  expect(file.count).toBeGreaterThanOrEqual(38);
});

test.each(file.vectors)('$why', (vector) => {
  const verdict = decide(policyOf(vector.policy), inputOf(vector));
  expect(verdict).toMatchObject(vector.verdict);
  expect(verdict.rules.length).toBeGreaterThan(0);
  expect(verdict.quorum.length > 0).toBe(verdict.decision === 'require');
});

test('named conditions hold, do not, or cannot be told', () => {
  const policy = loadPolicy([
    {
      path: 'main.yaml',
      text: `version: 1
default: { require: { dba: 1 } }
conditions:
  here: target.name == "demo"
  elsewhere: '!here'
  many: diff.rows > 1
  spent: budget.requests_day > 1
rules: [{ name: all, when: here && elsewhere && many && spent, allow: true }]
`,
    },
  ]);
  const input = inputOf({ sql: 'UPDATE t SET a = 1 WHERE id = 1' });
  expect(Object.fromEntries(conditionsOf(policy, input))).toEqual({
    here: true,
    elsewhere: false,
    many: null,
    spent: null,
  });
});

test('a rule that fails is named with its code', () => {
  const failing = file.vectors.find(({ why }) => why === 'a rule that fails denies');
  expect(failing).toBeDefined();
  if (failing === undefined) return;
  expect(decide(policyOf(failing.policy), inputOf(failing)).reason).toMatch(
    /^policy\/rule-error: rule x failed: /,
  );
});

test('reasons show what is hidden', () => {
  const text = 'version: 1\ndefault: { require: { dba: 1 } }\nrules:\n  - { name: a, deny: "a\\u202eb" }\n';
  expect(decide(policyOf(text), inputOf({ sql: 'SELECT 1' })).reason).toBe('a\\u{202e}b');
});

/** True when `a` is at least as strict as `b`. */
function atLeast(a: Verdict, b: Verdict): boolean {
  if (RANK[a.decision] !== RANK[b.decision]) return RANK[a.decision] > RANK[b.decision];
  return a.decision !== 'require' || coversQuorum(a.quorum, b.quorum);
}

/** What a verdict lets differ, one by one. */
function tolerancesOf({ obligations }: Verdict): readonly string[] {
  const { columns, fewerRows } = toleranceIn(obligations);
  return [...columns, ...(fewerRows ? ['rows'] : [])];
}

const WHENS = [
  'facts.read_only',
  '!facts.read_only',
  'diff.rows > 2',
  'statements[5].opaque',
  'identity.kind == "agent"',
];
const OUTCOMES = [
  'allow: true',
  'deny: no',
  'require: { dba: 2 }',
  'steps: [{ owner: 1 }, { dba: 1 }]',
  'obligations: { max_rows: 3 }',
  'obligations: { window: { days: [sat], from: "00:10", to: "03:00" } }',
  'obligations: { window: { days: [sun] } }',
  'obligations: { window: { days: [fri, sat, sun] }, reason: 3 }',
  'obligations: { reason: 12, mask: [main.t.a] }',
  'obligations: { mask: [main.t.b, main.t.a] }',
  'require: { dba: 1 }, obligations: { may_drift: [main.t.a, main.t.b] }',
  'require: { dba: 1 }, obligations: { may_drift: [main.t.b], fewer_rows: true }',
];
const ruleText = fc.tuple(fc.constantFrom(...WHENS), fc.constantFrom(...OUTCOMES));
const policyText = fc.array(ruleText, { maxLength: 5 }).map(textOf);
const given: fc.Arbitrary<Given> = fc.record(
  {
    sql: fc.constantFrom(
      'SELECT 1',
      'DELETE FROM t WHERE id = 1',
      'DELETE FROM t',
      'CREATE TABLE q (a)',
      'nonsense',
      'COMMIT',
    ),
    kind: fc.constantFrom('human', 'agent'),
    rows: fc.integer({ min: 0, max: 5 }),
  },
  { requiredKeys: ['sql'] },
);

function textOf(rules: readonly (readonly [string, string])[]): string {
  const lines = rules.map(
    ([when, outcome], index) => `  - { name: r${index}, when: '${when}', ${outcome} }\n`,
  );
  return `version: 1\ndefault: { require: { dba: 1 } }\nrules:${lines.length === 0 ? ' []' : `\n${lines.join('')}`}`;
}

describe('properties', () => {
  const check = <T extends [unknown, ...unknown[]]>(property: fc.IProperty<T>): void => {
    fc.assert(property, { seed: SEED, numRuns: 150 });
  };

  test('adding a deny rule never loosens', () => {
    check(
      fc.property(policyText, fc.constantFrom(...WHENS), given, (text, when, submission) => {
        const input = inputOf(submission);
        const before = decide(policyOf(text), input);
        const more = {
          path: 'b.yaml',
          text: `version: 1\nrules: [{ name: more, when: '${when}', deny: no }]`,
        };
        const after = decide(loadPolicy([{ path: 'a.yaml', text }, more]), input);
        expect(atLeast(after, before)).toBe(true);
      }),
    );
  });

  test('stricter is commutative, idempotent and never looser than either', () => {
    check(
      fc.property(policyText, policyText, given, given, (one, two, first, second) => {
        const [a, b] = [decide(policyOf(one), inputOf(first)), decide(policyOf(two), inputOf(second))];
        const both = stricter(a, b);
        expect(both).toEqual(stricter(b, a));
        expect(stricter(a, a)).toEqual(a);
        expect([atLeast(both, a), atLeast(both, b)]).toEqual([true, true]);
        for (const one of [a, b].filter(({ decision }) => decision === both.decision))
          expect(tolerancesOf(both).filter((name) => !tolerancesOf(one).includes(name))).toEqual([]);
        expect(both.quorum.length > 0).toBe(both.decision === 'require');
      }),
    );
  });

  test('nothing that may change a row is ever allowed, and nothing final while a rule waits', () => {
    check(
      fc.property(policyText, given, (text, submission) => {
        const input = inputOf(submission);
        const verdict = decide(policyOf(text), input);
        if (verdict.decision !== 'allow') return;
        expect([input.facts.readOnly, verdict.pending, input.diff?.rows ?? 0]).toEqual([true, [], 0]);
      }),
    );
  });

  test('a second look is never looser than the first', () => {
    check(
      fc.property(policyText, given, fc.integer({ min: 0, max: 5 }), (text, submission, rows) => {
        const firstLook: Given = { sql: submission.sql, kind: submission.kind ?? 'human' };
        const first = decide(policyOf(text), inputOf(firstLook));
        const second = decide(policyOf(text), inputOf({ ...firstLook, rows }));
        // The default stands in for rules that wait; once one of them speaks, it speaks instead.
        if (first.rules.includes('default'))
          expect(RANK[second.decision]).toBeGreaterThanOrEqual(RANK[first.decision]);
        else expect(atLeast(second, first)).toBe(true);
      }),
    );
  });

  test('quorums add up the same in any order', () => {
    const step = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 4 }), {
      minKeys: 1,
    });
    const quorum: fc.Arbitrary<Quorum> = fc.array(step, { minLength: 1, maxLength: 3 }).map((steps) =>
      mergeQuorums(
        steps.map((roles) => Object.entries(roles).map(([role, count]) => ({ role, count }))),
        [],
      ),
    );
    check(
      fc.property(quorum, quorum, quorum, (a, b, c) => {
        expect(mergeQuorums(a, b)).toEqual(mergeQuorums(b, a));
        expect(mergeQuorums(a, a)).toEqual(a);
        expect(mergeQuorums(mergeQuorums(a, b), c)).toEqual(mergeQuorums(a, mergeQuorums(b, c)));
        expect(coversQuorum(mergeQuorums(a, b), a)).toBe(true);
      }),
    );
  });
});
