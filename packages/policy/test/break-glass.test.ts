import { expect, test } from 'vitest';
import { classify } from '@countersign/sql';
import { decide, judge, scopeFault, withoutEase } from '@countersign/policy';
import type { PolicyIdentity } from '@countersign/policy';
import { inputOf, policyOf } from './inputs.ts';

const update = 'UPDATE t SET a = 1 WHERE b = 2';
const rules = `rules:
  - { name: emergency, when: request.break_glass, require: { dba: 1 } }
  - { name: ordinary, when: '!request.break_glass', require: { dba: 2 } }
`;
const noon = 1_767_441_600; // 2026-01-03T12:00:00Z, a Saturday

function rulesOf(scopes: string, identity: Partial<PolicyIdentity> = {}, declared = true): readonly string[] {
  const policy = policyOf(`version: 1\ndefault: { require: { dba: 1 } }\n${rules}${scopes}`);
  const input = inputOf({ sql: update, rows: 1, break_glass: declared });
  return judge(policy, { ...input, identity: { ...input.identity, ...identity } }, noon).rules;
}

test.each([
  ['nobody is named', '', ['identity/break-glass']],
  ['somebody else is', 'scopes: [{ who: { ids: [bob] }, break_glass: true }]', ['identity/break-glass']],
  ['by a scope that bounds', 'scopes: [{ who: { ids: [olga] }, targets: [demo] }]', ['identity/break-glass']],
  ['by id', 'scopes: [{ who: { ids: [olga] }, break_glass: true }]', ['emergency']],
  ['by role', 'scopes: [{ who: { roles: [operator] }, break_glass: true }]', ['emergency']],
  ['on this target', 'scopes: [{ who: { ids: [olga] }, break_glass: true, targets: [demo] }]', ['emergency']],
  [
    'on another target',
    'scopes: [{ who: { ids: [olga] }, break_glass: true, targets: [shop] }]',
    ['identity/break-glass'],
  ],
  [
    'for other tables',
    'scopes: [{ who: { ids: [olga] }, break_glass: true, tables: [main.other] }]',
    ['identity/break-glass'],
  ],
  [
    'one of two is enough',
    'scopes: [{ who: { ids: [olga] }, break_glass: true, targets: [shop] }, { who: { ids: [olga] }, break_glass: true }]',
    ['emergency'],
  ],
  [
    'beside one that bounds more',
    'scopes: [{ who: { ids: [olga] }, break_glass: true }, { who: { ids: [olga] }, targets: [shop] }]',
    ['identity/out-of-scope'],
  ],
])('a declaration where %s', (_, scopes, expected) => {
  expect(rulesOf(scopes)).toEqual(expected);
});

test('an agent never declares, whatever names it', () => {
  const scopes = 'scopes: [{ who: { ids: [olga], roles: [operator], kinds: [human] }, break_glass: true }]';
  expect(rulesOf(scopes, { kind: 'agent' })).toEqual(['identity/break-glass']);
  expect(rulesOf(scopes, { kind: 'service' })).toEqual(['emergency']);
});

test('a scope for emergencies neither bounds nor widens what is submitted without one', () => {
  const only = 'scopes: [{ who: { ids: [olga] }, break_glass: true, targets: [shop] }]';
  expect(rulesOf(only, {}, false)).toEqual(['ordinary']);
  const { scopes } = policyOf(
    'version: 1\ndefault: { require: { dba: 1 } }\nscopes: [{ who: { ids: [olga] }, targets: [shop] }, { who: { ids: [olga] }, break_glass: true }]',
  );
  const { identity } = inputOf({ sql: update });
  expect(
    scopeFault(scopes, { identity, target: 'demo', facts: classify(update, 'sqlite'), submittedAt: noon }),
  ).toBe('olga may not submit for target demo');
});

test('an allowance stands when it is reached without the declaration, and a requirement always', () => {
  const allowed = decide(policyOf('starter'), inputOf({ sql: 'SELECT a FROM t' }));
  const required = decide(policyOf('starter'), inputOf({ sql: update, rows: 1 }));
  expect(withoutEase(allowed, allowed)).toBe(allowed);
  expect(withoutEase(required, allowed)).toBe(required);
  expect(withoutEase(allowed, required)).toMatchObject({
    decision: 'deny',
    rules: ['policy/break-glass-allows'],
    quorum: [],
  });
});
