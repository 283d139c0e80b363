import { afterAll, expect, test, vi } from 'vitest';
import { Lab, removeLabs } from './lab.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

/** What was done, and whether its undo leaves the very same database. */
const undone: readonly (readonly [what: string, sql: string, restores: boolean])[] = [
  ['a delete that cascades', 'DELETE FROM customers WHERE id = 4', true],
  [
    'rows whose ids the database made',
    "INSERT INTO customers (name, city) VALUES ('Y', 'Leeds'), ('Z', 'Leeds')",
    true,
  ],
  ['an update', "UPDATE orders SET status = 'paid' WHERE status = 'open'", true],
  ['an update that a trigger notes', "UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'", false],
];

test.each(undone)('%s can be undone, by the same road', async (_, sql, restores) => {
  const lab = await Lab.make();
  const before = lab.dump();
  const id = await lab.approved(sql);
  expect((await lab.ask('run', id)).exitCode).toBe(0);
  const changed = lab.dump();
  expect(changed).not.toBe(before);

  const asked = await lab.ask('undo', id, '--reason', 'it was wrong');
  expect(asked).toMatchObject({ exitCode: 8, document: { code: 'request/pending', restores } });
  expect(lab.dump()).toBe(changed);
  const undoing = String(asked.document['request_id']);
  await lab.approve(undoing, 'ada', 'ben');
  expect((await lab.ask('run', undoing)).exitCode).toBe(0);
  expect(lab.dump() === before).toBe(restores);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test('what did not run cannot be undone', async () => {
  const lab = await Lab.make();
  const id = await lab.submit('DELETE FROM customers WHERE id = 4');
  expect(await lab.ask('undo', id)).toMatchObject({ exitCode: 2, code: 'undo/not-executed' });
});
