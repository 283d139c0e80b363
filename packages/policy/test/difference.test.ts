import { expect, test } from 'vitest';
import { classifyTexts } from '@countersign/sql';
import { comparePolicies, compareVerdicts, loadCases, readyCases } from '@countersign/policy';
import { policyOf } from './inputs.ts';

const BEFORE = policyOf(`version: 1
default: { require: { dba: 1 } }
conditions: { prod: '"prod" in target.tags' }
rules:
  - { name: reads, when: facts.read_only, allow: true }
  - { name: many, when: diff.rows > 10, require: { dba: 2 } }
  - { name: gone, when: prod, deny: closed }
  - { name: ticket, when: '!facts.read_only', obligations: { ticket: 'OPS-[0-9]+' } }
`);
const AFTER = policyOf(`version: 1
rules:
  - { name: new, when: '!facts.parsed', deny: unread }
  - { name: ticket, when: '(!facts.read_only)', obligations: { ticket: 'SEC-[0-9]+' } }
  - { name: many, when: diff.rows > 5, require: { dba: 2 } }
  - { when: ((facts.read_only)), name: reads, allow: true }
conditions: { prod: '"live" in target.tags' }
default: { steps: [{ dba: 1 }, { owner: 1 }] }
`);

test('every difference is named, and none of form or order', () => {
  const found = comparePolicies(BEFORE, AFTER);
  expect(found.map(({ kind, name, change }) => `${change} ${kind} ${name}`)).toEqual([
    'changed condition prod',
    'removed rule gone',
    'changed rule many',
    'added rule new',
    'changed rule ticket',
    'changed default default',
  ]);
  expect(
    found
      .map(({ before, after }) => [before === null, after === null])
      .flat()
      .filter(Boolean).length,
  ).toBe(2);
  expect(comparePolicies(BEFORE, BEFORE)).toEqual([]);
});

test('scopes count as well', () => {
  const scoped = policyOf(`version: 1
default: { require: { dba: 1 } }
scopes: [{ who: { ids: [bot] }, targets: [shop] }]
`);
  const open = policyOf('version: 1\ndefault: { require: { dba: 1 } }\n');
  expect(comparePolicies(open, scoped).map(({ kind, name, change }) => `${change} ${kind} ${name}`)).toEqual([
    'changed part scopes',
  ]);
});

test('so is every case that is decided otherwise', () => {
  const text = `version: 1
cases:
  - { name: a read, given: { sql: SELECT 1 }, expect: { decision: allow } }
  - name: seven rows
    given:
      facts: { statements: [{ kind: update, effects: [write] }] }
      context: { ticket: OPS-1 }
      diff: { changes: [{ table: main.t, updated: 7 }] }
    expect: { decision: require }
`;
  const cases = readyCases(loadCases([{ path: 'a.test.yaml', text }]), classifyTexts);
  const changes = compareVerdicts(BEFORE, AFTER, cases);
  expect(changes.map(({ test: { name }, before, after }) => [name, before.decision, after.decision])).toEqual(
    [['seven rows', 'require', 'deny']],
  );
});
