import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { classifyTexts } from '@countersign/sql';
import {
  loadCases,
  loadPolicy,
  parseUtc,
  policyDigest,
  readyCases,
  runCases,
  starterPolicyFiles,
  starterTestFiles,
  untouchedRules,
  utcTime,
} from '@countersign/policy';
import type { CaseResult } from '@countersign/policy';
import { policyOf } from './inputs.ts';

const SEED = 20_261_128;
const POLICY = `version: 1
default: { require: { dba: 1 }, reason: ask somebody }
rules:
  - { name: reads, when: facts.read_only, allow: true }
  - { name: night, when: time.hour < 6 || time.weekday == 0, deny: not at night }
  - { name: rows, when: diff.rows > 1, steps: [{ dba: 2 }, { owner: 1 }], reason: several rows }
  - { name: ticket, when: '!facts.read_only', obligations: { ticket: 'OPS-[0-9]+' } }
`;

function run(given: string, expectation: string, policy = POLICY): CaseResult {
  const text = `version: 1\ncases:\n  - name: a case\n    given: ${given}\n    expect: ${expectation}\n`;
  const [result] = runCases(
    policyOf(policy),
    readyCases(loadCases([{ path: 'a.test.yaml', text }]), classifyTexts),
  );
  if (result === undefined) throw new Error('no case was run');
  return result;
}

describe('the starter policy', () => {
  const policy = loadPolicy(starterPolicyFiles);
  const results = runCases(policy, readyCases(loadCases(starterTestFiles), classifyTexts));

  test.each(results.map((result) => [result.test.name, result] as const))('%s', (_, result) => {
    expect(result.complaints).toEqual([]);
  });

  test('has a case for every rule', () => {
    expect(results.length).toBeGreaterThanOrEqual(24);
    expect(untouchedRules(policy, results)).toEqual([]);
  });

  test('has a digest that no case can change', () => {
    expect(() => policyDigest([...starterPolicyFiles, ...starterTestFiles])).toThrow(/is one of tests/);
  });
});

function manyOf(count: number, one: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => one(at)).join(', ');
}

const WRITE = 'UPDATE t SET a = 1 WHERE id = 1';
const WITH_TICKET = `sql: ${WRITE}, context: { ticket: OPS-7 }`;

describe('a case', () => {
  test.each([
    ['{ sql: SELECT 1 }', '{ decision: allow, rules: [reads], matched: [reads], pending: [] }'],
    ['{ sql: [SELECT 1, SELECT 2] }', '{ decision: allow }'],
    [
      `{ ${WITH_TICKET} }`,
      '{ decision: require, pending: [rows], obligations: { ticket: OPS-7 }, quorum: { dba: 1 } }',
    ],
    [
      `{ ${WITH_TICKET}, diff: { changes: [{ table: main.t, updated: 2 }] } }`,
      '{ decision: require, rules: [rows], quorum: [{ dba: 2 }, { owner: 1 }], reason_contains: several }',
    ],
    [`{ ${WITH_TICKET}, diff: {} }`, '{ decision: require, rules: [default], pending: [] }'],
    [`{ sql: ${WRITE} }`, '{ decision: deny, rules: [ticket] }'],
    ['{ sql: SELECT 1, time: "2026-11-28T05:59:59Z" }', '{ decision: deny, rules: [night] }'],
    ['{ sql: SELECT 1, time: "2026-11-28T06:00:00Z" }', '{ decision: allow }'],
    ['{ sql: SELECT 1, time: "2026-11-29T12:00:00Z" }', '{ decision: deny, matched: [night, reads] }'],
    ['{ facts: { statements: [{ effects: [read] }] } }', '{ decision: allow }'],
    ['{ facts: { statements: [] } }', '{ decision: deny, rules: [ticket] }'],
    [
      '{ facts: { statements: [{ effects: [read], writes: [main.t] }] }, context: { ticket: OPS-1 } }',
      '{ decision: require, rules: [default] }',
    ],
  ])('%s passes with %s', (given, expectation) => {
    expect(run(given, expectation).complaints).toEqual([]);
  });

  test.each([
    ['{ sql: SELECT 1 }', '{ decision: deny }', 'decision: expected deny, got allow'],
    ['{ sql: SELECT 1 }', '{ decision: allow, rules: [other] }', 'rules: expected other, got reads'],
    ['{ sql: SELECT 1 }', '{ decision: allow, matched: [night] }', 'matched: expected night too, got reads'],
    [`{ ${WITH_TICKET} }`, '{ decision: require, quorum: { dba: 2 } }', 'quorum: expected 2 dba, got 1 dba'],
    [`{ ${WITH_TICKET} }`, '{ decision: require, pending: [] }', 'pending: expected none, got rows'],
    [
      `{ ${WITH_TICKET} }`,
      '{ decision: require, obligations: { ticket: OPS-8 } }',
      'obligation ticket: expected OPS-8, got OPS-7',
    ],
    [
      `{ ${WITH_TICKET} }`,
      '{ decision: require, reason_contains: nobody }',
      'reason: expected "nobody" in it, got "ask somebody"',
    ],
  ])('%s fails with %s', (given, expectation, complaint) => {
    expect(run(given, expectation).complaints).toEqual([complaint]);
  });

  test('inherits what its file gives, and says otherwise where it does', () => {
    const text = `version: 1
given: { sql: ${WRITE}, time: '2026-11-28T01:00:00Z', context: { ticket: OPS-1 } }
cases:
  - { name: inherits, given: {}, expect: { decision: deny, rules: [night] } }
  - { name: another time, given: { time: '2026-11-28T12:00:00Z' }, expect: { decision: require } }
  - { name: facts instead of SQL, given: { facts: { statements: [{ effects: [read] }] } }, expect: { decision: deny } }
`;
    const results = runCases(
      policyOf(POLICY),
      readyCases(loadCases([{ path: 'a.test.yaml', text }]), classifyTexts),
    );
    expect(results.map(({ complaints }) => complaints)).toEqual([[], [], []]);
    expect(untouchedRules(policyOf(POLICY), results)).toEqual(['rows']);
  });

  const OVER = `${POLICY}  - { name: budget, when: budget.requests_hour > 30 || budget.rows_day > 9, deny: used up }\n`;

  test.each([
    ['{ sql: SELECT 1 }', '{ decision: deny, rules: [budget], reason_contains: policy/rule-error }'],
    ['{ sql: SELECT 1, budget: {} }', '{ decision: allow }'],
    ['{ sql: SELECT 1, budget: { requests_hour: 30, rows_hour: 9 } }', '{ decision: allow }'],
    ['{ sql: SELECT 1, budget: { requests_hour: 31 } }', '{ decision: deny, rules: [budget] }'],
    ['{ sql: SELECT 1, budget: { rows_hour: 10 } }', '{ decision: deny, reason_contains: used up }'],
    ['{ sql: SELECT 1, budget: { rows_day: 10 } }', '{ decision: deny, rules: [budget] }'],
  ])('with a budget: %s passes with %s', (given, expectation) => {
    expect(run(given, expectation, OVER).complaints).toEqual([]);
  });

  const TAGGED = `${POLICY}  - { name: pii, when: '"pii" in tags.read', deny: personal }
  - { name: logged, when: '"main.log" in facts.writes', deny: the log }
tags: { test: { complete: true, tables: { main.t: [] , main.log: [] }, columns: { main.t.email: [pii] } } }
`;
  const TABLES = 'main.t: { columns: [id, a, email] }, main.log: { columns: [what] }';
  const VIEW = 'main.v: { kind: view, columns: [e], sql: CREATE VIEW v AS SELECT email AS e FROM t }';
  const TRIGGER =
    '{ name: note, table: main.t, sql: "CREATE TRIGGER note AFTER UPDATE ON t BEGIN INSERT INTO log VALUES (1); END" }';

  test.each([
    [`{ sql: SELECT id FROM t, relations: { ${TABLES} } }`, '{ decision: allow }'],
    [`{ sql: SELECT * FROM t, relations: { ${TABLES} } }`, '{ decision: deny, rules: [pii] }'],
    [`{ sql: SELECT e FROM v, relations: { ${TABLES}, ${VIEW} } }`, '{ decision: deny, rules: [pii] }'],
    // The live schema does not fit the tags, so that they are not known.
    ['{ sql: SELECT id FROM t, relations: { main.t: { columns: [id, email] } } }', '{ decision: deny }'],
    [`{ sql: SELECT id FROM u, relations: { ${TABLES} } }`, '{ decision: deny, reason_contains: not read }'],
    [`{ ${WITH_TICKET}, relations: { ${TABLES} } }`, '{ decision: require, rules: [default] }'],
    [
      `{ ${WITH_TICKET}, relations: { ${TABLES} }, triggers: [${TRIGGER}] }`,
      '{ decision: deny, rules: [logged] }',
    ],
    [
      `{ sql: DELETE FROM t WHERE id = 1, context: { ticket: OPS-1 }, relations: { main.t: { columns: [id, email], cascades: [{ table: main.log, on: delete }] }, main.log: { columns: [what] } } }`,
      '{ decision: deny, rules: [logged] }',
    ],
    [`{ facts: { statements: [{ effects: [read] }] }, relations: { ${TABLES} } }`, '{ decision: allow }'],
  ])('with a database: %s passes with %s', (given, expectation) => {
    expect(run(given, expectation, TAGGED).complaints).toEqual([]);
  });

  test.each([
    ['{ sql: SELECT 1, triggers: [] }', 'policy/test-given'],
    ['{ sql: SELECT 1, relations: { t: {} } }', 'policy/type'],
    ['{ sql: SELECT 1, relations: { main.t: { kind: sequence } } }', 'policy/type'],
    ['{ sql: SELECT 1, relations: { main.t: { rows: 1 } } }', 'policy/unknown-key'],
    ['{ sql: SELECT 1, relations: { main.t: { cascades: [{ on: delete }] } } }', 'policy/missing-key'],
    ['{ sql: SELECT 1, budget: { requests_hour: 0 } }', 'policy/type'],
    ['{ sql: SELECT 1, budget: { rows_hour: 5, rows_day: 4 } }', 'policy/type'],
    ['{ sql: SELECT 1, budget: { rows: 5 } }', 'policy/unknown-key'],
    [`{ sql: SELECT 1, relations: { ${manyOf(201, (at) => `main.t${at}: {}`)} } }`, 'policy/too-large'],
    [
      `{ sql: SELECT 1, relations: { main.t: { columns: [${manyOf(201, (at) => `c${at}`)}] } } }`,
      'policy/too-large',
    ],
  ])('%s is refused with %s', (given, code) => {
    expect(() => run(given, '{ decision: allow }')).toThrow(expect.objectContaining({ code }) as Error);
  });

  test('files with too many cases or too many files are refused', () => {
    const one = (index: number): string =>
      `  - { name: c${index}, given: { sql: SELECT 1 }, expect: { decision: allow } }\n`;
    const text = `version: 1\ncases:\n${Array.from({ length: 2001 }, (_, index) => one(index)).join('')}`;
    expect(() => loadCases([{ path: 'a.test.yaml', text }])).toThrow(/2001 cases, at most 2000/);
    const many = Array.from({ length: 65 }, (_, index) => ({ path: `f${index}.test.yaml`, text: '' }));
    expect(() => loadCases(many)).toThrow(/65 test files, at most 64/);
  });
});

describe('times', () => {
  test('are those of the calendar', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (unix) => {
        const text = new Date(unix * 1000).toISOString().replace('.000', '');
        expect(parseUtc(text)).toBe(unix);
        const date = new Date(unix * 1000);
        expect(utcTime(unix)).toEqual({ unix, hour: date.getUTCHours(), weekday: date.getUTCDay() });
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test.each([
    '',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-01T00:60:00Z',
    '2100-02-29T00:00:00Z',
  ])('%j is none', (text) => {
    expect(parseUtc(text)).toBeUndefined();
  });
});
