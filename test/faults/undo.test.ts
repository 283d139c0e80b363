import { parseEnvelope } from '@countersign/codec';
import { decodeSubmission, type Pair, type Submission } from '@countersign/messages';
import { afterAll, expect, test, vi } from 'vitest';
import { Lab, removeLabs, type Answer } from './lab.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

function submissionIn(row: { readonly submission: Uint8Array } | undefined): Submission {
  return decodeSubmission(parseEnvelope(row?.submission ?? new Uint8Array()).payload ?? new Uint8Array());
}

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

test('an undo names the rows that have changed since, to whoever asks and to approvers, masked values masked', async () => {
  const lab = await Lab.make();
  lab.policy(
    'changes.yaml',
    (text) => `${text}\n  - name: hide\n    obligations: { mask: [main.orders.total_cents] }\n`,
  );
  const id = await lab.approved("UPDATE orders SET status = 'paid' WHERE status = 'open'");
  const open = lab
    .rows("SELECT id FROM orders WHERE status = 'open' ORDER BY id")
    .map(([one]) => Number(one));
  expect((await lab.ask('run', id)).exitCode).toBe(0);
  const [sent = 0, dearer = 0, gone = 0] = open;
  lab.write(`UPDATE orders SET status = 'sent' WHERE id = ${sent};
    UPDATE orders SET total_cents = 987654 WHERE id = ${dearer}; DELETE FROM orders WHERE id = ${gone}`);

  const key = (value: number): object[] => [{ column: 'id', value: { type: 'integer', value } }];
  const text = (value: string): object => ({ type: 'text', value });
  const asked = await lab.ask('undo', id, '--reason', 'it was wrong');
  expect(asked.exitCode).toBe(8);
  expect(asked.document).toMatchObject({
    restores: false,
    conflicts: {
      rows: [
        {
          table: 'orders',
          kind: 'changed',
          key: key(sent),
          columns: [{ column: 'status', was: text('paid'), is: text('sent') }],
        },
        {
          kind: 'changed',
          key: key(dearer),
          columns: [{ column: 'total_cents', was: text('(masked)'), is: text('(masked)') }],
        },
        { table: 'orders', kind: 'unmoved', key: key(gone), columns: [] },
      ],
      rows_left_out: 0,
    },
  });
  const context = `3 rows changed since request ${id} ran, the undo does not restore them as they were: 3 of orders`;
  const undoing = String(asked.document['request_id']);
  const { context: signed } = await lab.inWorld(({ store }) =>
    submissionIn(store.request(Buffer.from(undoing, 'hex'))),
  );
  expect(signed).toEqual([['undo_conflicts', context]]);
  expect((await lab.say('show', undoing)).replaceAll(/\s+/g, ' ')).toContain(context);

  const { stderr, stdout } = await lab.tell('undo', id, '--reason', 'it was wrong');
  expect(stdout).toContain('pending  request');
  expect(stderr).toContain('this does not restore the rows exactly: 3 rows changed since\n');
  expect(stderr).toContain(`  orders id ${sent}: changed since\n    status: was 'paid', is 'sent'\n`);
  expect(stderr).toContain(`  orders id ${gone}: gone, or as it was before the request already\n`);
  expect(stderr + stdout).not.toContain('987654');
});

test('an undo that is submitted again tells its approvers how many rows have changed by now', async () => {
  const lab = await Lab.make();
  const id = await lab.approved("UPDATE orders SET status = 'paid' WHERE id IN (101, 102, 103)");
  expect((await lab.ask('run', id)).exitCode).toBe(0);
  const told = async (document: Answer['document']): Promise<readonly Pair[] | undefined> => {
    const requestId = Buffer.from(String(document['request_id']), 'hex');
    return (await lab.inWorld(({ store }) => submissionIn(store.request(requestId)))).context;
  };
  const context = (rows: string): string =>
    `${rows} changed since request ${id} ran, the undo does not restore them as they were: `;
  let asked = await lab.ask('undo', id, '--reason', 'it was wrong');
  expect(await told(asked.document)).toBeUndefined();
  for (const [count, rows] of [
    [1, '1 row'],
    [2, '2 rows'],
  ] as const) {
    lab.write(`UPDATE orders SET status = 'sent' WHERE id = ${100 + count}`);
    const before = String(asked.document['request_id']);
    expect((await lab.ask('withdraw', before)).code).toBe('request/withdrawn');
    asked = await lab.ask('submit', '--again', before, '--ticket', '4711');
    expect(asked.document).toMatchObject({ code: 'request/pending', restores: false });
    expect(asked.document['conflicts']).toMatchObject({ rows: Array.from({ length: count }, () => ({})) });
    expect(await told(asked.document)).toEqual([
      ['ticket', '4711'],
      ['undo_conflicts', `${context(rows)}${count} of orders`],
    ]);
  }
});

test.each([
  'note TEXT, id INTEGER PRIMARY KEY, salary TEXT',
  'id INTEGER PRIMARY KEY, note TEXT, salary TEXT',
])('values are not told beside each other where the columns are others by now: %s', async (columns) => {
  const lab = await Lab.make();
  lab.write(`CREATE TABLE pay (${columns});
    INSERT INTO pay (id, note, salary) VALUES (1, 'n', 'first'), (2, 'n', 'second'), (3, 'n', 'third')`);
  lab.policy(
    'changes.yaml',
    (text) => `${text}\n  - name: hide\n    obligations: { mask: [main.pay.salary] }\n`,
  );
  const id = await lab.approved("UPDATE pay SET salary = 'SECRET-' || id WHERE id < 3");
  expect((await lab.ask('run', id)).exitCode).toBe(0);
  lab.write('ALTER TABLE pay DROP COLUMN note');

  const asked = await lab.ask('undo', id, '--reason', 'it was wrong');
  const key = (value: number): object[] => [{ column: 'id', value: { type: 'integer', value } }];
  expect(asked.document).toMatchObject({
    restores: false,
    conflicts: {
      rows: [
        { table: 'pay', kind: 'changed', key: key(1), columns_differ: true, columns: [] },
        { table: 'pay', kind: 'changed', key: key(2), columns_differ: true, columns: [] },
      ],
    },
  });
  expect(JSON.stringify(asked.document)).not.toMatch(/SECRET/);
  const { stderr, stdout } = await lab.tell('undo', id, '--reason', 'it was wrong');
  expect(stderr).toContain('  pay id 1: changed since; its columns are others now, no value is listed\n');
  expect(stderr + stdout).not.toMatch(/SECRET/);
});

test('an undo that restores everything names no row', async () => {
  const lab = await Lab.make();
  const id = await lab.approved("UPDATE orders SET status = 'paid' WHERE status = 'open'");
  expect((await lab.ask('run', id)).exitCode).toBe(0);
  const { document } = await lab.ask('undo', id, '--reason', 'it was wrong');
  expect(document).toMatchObject({ restores: true, conflicts: { rows: [], rows_left_out: 0 } });
  expect(await lab.say('show', String(document['request_id']))).not.toContain('undo_conflicts');
});

test('what did not run cannot be undone', async () => {
  const lab = await Lab.make();
  const id = await lab.submit('DELETE FROM customers WHERE id = 4');
  expect(await lab.ask('undo', id)).toMatchObject({ exitCode: 2, code: 'undo/not-executed' });
});
