import { expect, test } from 'vitest';
import { classify } from '@countersign/sql';
import { checkScopes, scopeFault } from '@countersign/policy';
import type { PolicyIdentity } from '@countersign/policy';
import { policyOf } from './inputs.ts';

const agent: PolicyIdentity = { id: 'agent-7', kind: 'agent', roles: ['operator'] };
const noon = 1_767_441_600; // 2026-01-03T12:00:00Z, a Saturday

function fault(
  scopes: string,
  sql: string,
  { identity = agent, target = 'demo', submittedAt = noon } = {},
): string | undefined {
  const policy = policyOf(`version: 1\ndefault: { require: { dba: 1 } }\nscopes:\n${scopes}`);
  return scopeFault(policy.scopes, { identity, target, facts: classify(sql, 'sqlite'), submittedAt });
}

const tables = '  - { who: { ids: [agent-7] }, tables: [main.orders, aux.*] }\n';

test.each([
  ['SELECT * FROM orders', undefined],
  ['UPDATE orders SET a = 1 WHERE id = 1', undefined],
  ['SELECT * FROM customers', 'agent-7 may not submit for table main.customers'],
  [
    'SELECT * FROM orders; DELETE FROM customers WHERE id = 1',
    'agent-7 may not submit for table main.customers',
  ],
  ['SELECT (SELECT name FROM customers) FROM orders', 'agent-7 may not submit for table main.customers'],
  ['VACUUM', 'agent-7 may submit for named tables only, and vacuum reaches beyond tables'],
  ['PRAGMA user_version = 3', 'agent-7 may submit for named tables only, and pragma reaches beyond tables'],
  ['DROP TABLE customers', 'agent-7 may not submit for table main.customers'],
  ['CREATE INDEX i ON customers (a)', 'agent-7 may not submit for table main.customers'],
  ['nonsense', 'agent-7 may submit for named tables only, and this could not be read to its end'],
  [
    'SELECT unheard_of(1) FROM orders',
    'agent-7 may submit for named tables only, and this could not be read to its end',
  ],
])('tables: %s', (sql, expected) => {
  expect(fault(tables, sql)).toBe(expected);
});

test.each([
  ['SELECT 1', undefined],
  ['SELECT 1; DELETE FROM t WHERE a = 1', 'agent-7 may not submit statements of kind delete'],
  ['', 'agent-7 may not submit what could not be read'],
])('statements: %s', (sql, expected) => {
  expect(fault('  - { who: { kinds: [agent] }, statements: [select] }\n', sql)).toBe(expected);
});

test('targets and hours', () => {
  const scope =
    "  - { who: { roles: [operator] }, targets: [demo], hours: { days: [sat], from: '09:00', to: '17:00' } }\n";
  expect(fault(scope, 'SELECT 1')).toBeUndefined();
  expect(fault(scope, 'SELECT 1', { target: 'shop' })).toBe('agent-7 may not submit for target shop');
  expect(fault(scope, 'SELECT 1', { submittedAt: noon + 86_400 })).toBe(
    'agent-7 may not submit at this hour',
  );
});

test('one scope must hold the whole submission; whom none names is not bound', () => {
  const two = `${tables}  - { who: { ids: [agent-7] }, tables: [main.customers] }\n`;
  expect(fault(two, 'SELECT * FROM customers')).toBeUndefined();
  expect(fault(two, 'SELECT * FROM customers, orders')).toMatch(/may not submit for table/);
  const human: PolicyIdentity = { id: 'olga', kind: 'human', roles: ['operator'] };
  expect(fault(two, 'SELECT * FROM customers, orders', { identity: human })).toBeUndefined();
});

test('a scope that binds nobody of the roster is found', () => {
  const policy = policyOf(
    'version: 1\ndefault: { require: { dba: 1 } }\nscopes:\n' +
      '  - { who: { ids: [agent-8] }, targets: [a] }\n  - { who: { roles: [nobody] }, targets: [a] }\n  - { who: { kinds: [agent] }, targets: [a] }\n',
  );
  expect(checkScopes(policy.scopes, [agent])).toEqual([
    { code: 'scope-nobody', rule: 'scope 1', message: 'agent-8 is not in the roster' },
    { code: 'scope-nobody', rule: 'scope 2', message: 'it names nobody of the roster' },
  ]);
});
