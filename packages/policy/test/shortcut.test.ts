import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadPolicy, starterPolicyFiles } from '@countersign/policy';
import type { PolicyInput } from '@countersign/policy';
import { valuesOf } from '../src/decide.ts';
import type { Expression } from '../src/expression.ts';
import { inputOf } from './inputs.ts';

const SEED = 20_261_129;

/** Expressions of type bool, among them some that fail, some that are not known, and some that only CEL reads. */
const { bool } = fc.letrec<{ bool: string }>((tie) => ({
  bool: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(
      ...[
        'facts.read_only',
        '!facts.opaque',
        'statements[0].opaque',
        'statements[7].limited',
        'true',
        'false',
      ],
      ...['"main.t" in facts.writes', '"update" in facts.kinds', 'facts.effect in facts.effects'],
      ...['identity.kind == "agent"', 'identity.kind != "human"', '"operator" in identity.roles'],
      ...['target.name.startsWith("de")', 'reason.contains("end")', 'reason.endsWith(identity.id)'],
      ...['facts.statement_count > 1', '2 <= time.hour', 'time.weekday in [6, 0]', 'facts.effect in []'],
      ...['"pii" in tags.read', 'diff.rows > 2', 'diff.complete == true', 'budget.rows_day < 10'],
      ...['context["ticket"] == "OPS-1"', '"ticket" in context', 'claims.intent == ""', 'reason.size() < 9'],
      ...['calm', 'late', 'statements.exists(s, s.kind == "delete" && s.where == "absent")'],
      ...['statements.all(s, "main.t" in s.writes || late)', 'changes.exists(c, c.rows > 2)'],
      ...['facts.reads.exists(r, r.startsWith("main."))', 'facts.hazards.all(h, h in ["alter", "drop"])'],
      ...['statements.exists(s, s.columns_written.exists(c, c == "main.t.a"))', 'facts.kinds == ["update"]'],
      ...['statements.exists(reason, reason.opaque == facts.parsed)', 'statements.exists_one(s, s.limited)'],
      ...['(facts.parsed ? late : calm)', 'changes.all(calm, calm.table == "main.t")', '1 / diff.rows == 1'],
    ),
    fc
      .tuple(tie('bool'), fc.constantFrom('&&', '||', '==', '!='), tie('bool'))
      .map(([a, op, b]) => `((${a}) ${op} (${b}))`),
    tie('bool').map((inner) => `!(${inner})`),
  ),
}));

const input: fc.Arbitrary<PolicyInput> = fc
  .record({
    sql: fc.constantFrom(
      'SELECT a FROM t',
      'UPDATE t SET a = 1 WHERE id = 1',
      'DELETE FROM t; DELETE FROM u WHERE b',
      'DROP TABLE t',
      'SELECT',
    ),
    kind: fc.constantFrom('human' as const, 'agent' as const),
    rows: fc.constantFrom(undefined, 0, 1, 3),
    reason: fc.constantFrom('month end', 'olga'),
    context: fc.constantFrom([], [['ticket', 'OPS-1'] as const]),
    spent: fc.constantFrom(undefined, 3, 30),
  })
  .map(({ rows, spent, ...given }) =>
    inputOf({
      ...given,
      ...(rows === undefined ? {} : { rows }),
      budget:
        spent === undefined
          ? undefined
          : { requestsHour: spent, requestsDay: spent, rowsHour: spent, rowsDay: spent },
    }),
  );

function compiled(source: string): Expression {
  const text = `version: 1
default: { require: { dba: 1 } }
conditions: { calm: 'facts.read_only', late: 'diff.rows > 2' }
rules: [{ name: a, when: ${JSON.stringify(source)}, allow: true }]
`;
  const when = loadPolicy([{ path: 'a.yaml', text }]).rules[0]?.when;
  if (when === undefined) throw new Error(source);
  return when;
}

function interpreted(when: Expression, known: Record<string, unknown>): unknown {
  try {
    return when.run(known);
  } catch {
    return undefined;
  }
}

test('a shortcut says what the interpreter says, or nothing', () => {
  const answers = { told: 0, untold: 0, failed: 0 };
  fc.assert(
    fc.property(bool, input, fc.constantFrom(undefined, true, false), (source, given, late) => {
      const when = compiled(source);
      const known = { ...valuesOf({ tags: new Map() }, given), calm: given.facts.readOnly };
      const values = late === undefined ? known : { ...known, late };
      const told = when.shortcut?.(
        {
          known: values,
          condition: (name) => (values as Record<string, unknown>)[name] as boolean | undefined,
        },
        undefined,
      );
      const truth = interpreted(when, values);
      if (truth === undefined) answers.failed += 1;
      if (told === undefined) {
        answers.untold += 1;
        return;
      }
      answers.told += 1;
      expect([source, told]).toEqual([source, truth]);
    }),
    { seed: SEED, numRuns: 1500 },
  );
  expect(Math.min(answers.told, answers.untold, answers.failed)).toBeGreaterThan(100);
});

test('the rules of the starter policy and of the vectors have shortcuts, but where an index may fail', () => {
  const path = new URL('../../../test/vectors/policy/decisions.json', import.meta.url);
  const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: { policy: string }[] };
  const rules = vectors.flatMap(
    ({ policy }) =>
      loadPolicy(policy === 'starter' ? starterPolicyFiles : [{ path: 'a.yaml', text: policy }]).rules,
  );
  const untold = rules.flatMap(({ when }) => (when?.shortcut === undefined ? (when?.source ?? []) : []));
  expect([...new Set(untold)]).toEqual(['statements[9].opaque']);
});
