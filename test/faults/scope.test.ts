import { afterAll, expect, test, vi } from 'vitest';
import { auditOf } from './audit-apart.ts';
import { Lab, removeLabs } from './lab.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

const scope = 'scopes:\n  - { who: { ids: [agent-7] }, tables: [main.customers, main.audit] }\n';

test('a submission outside its scope ends with 4 and stands in the ledger', async () => {
  const lab = await Lab.make();
  lab.policy('main.yaml', (text) => `${text}\n${scope}`);
  const refused = await lab.ask('submit', 'SELECT * FROM orders', '--reason', 'a test', '--as', 'agent-7');
  expect([refused.exitCode, refused.code]).toEqual([4, 'identity/out-of-scope']);
  expect(refused.document['message']).toBe('agent-7 may not submit for table main.orders');
  const id = String(refused.document['request_id']);
  expect(await lab.state(id)).toBe('denied');
  const { document } = await lab.ask('ledger', 'show', id);
  expect((document['entries'] as readonly { type: string }[]).map(({ type }) => type)).toEqual([
    'submission',
    'verdict',
  ]);
  const preview = await lab.ask(
    'submit',
    'SELECT * FROM orders',
    '--reason',
    'x',
    '--as',
    'agent-7',
    '--dry-run',
  );
  expect([preview.exitCode, preview.code]).toEqual([4, 'identity/out-of-scope']);
  for (const more of [['--as', 'agent-7'], []])
    expect((await lab.ask('submit', 'SELECT * FROM customers', '--reason', 'a test', ...more)).exitCode).toBe(
      0,
    );
  expect((await lab.ask('submit', 'SELECT * FROM orders', '--reason', 'a test')).exitCode).toBe(0);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
  expect((await auditOf(lab))['policy']).toEqual({ findings: [], asked: 0, outlined: 3, not_asked: 0 });
});

test('a scope drawn tighter after the approval stops the run', async () => {
  const lab = await Lab.make();
  const id = await lab.submit("UPDATE orders SET status = 'paid' WHERE id = 101", '--as', 'agent-7');
  await lab.approve(id, 'ada', 'ben');
  const mend = lab.policy('main.yaml', (text) => `${text}\n${scope}`);
  const stopped = await lab.ask('run', id);
  expect([stopped.exitCode, stopped.code]).toEqual([3, 'run/policy-denies']);
  mend();
  expect((await lab.ask('run', id)).code).toBe('request/executed');
  const { policy } = await auditOf(lab);
  expect(policy).toEqual({ findings: [], asked: 1, outlined: 0, not_asked: 0 });
});
