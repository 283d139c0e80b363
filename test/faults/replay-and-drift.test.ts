import { fromHex } from '@countersign/codec';
import { afterAll, expect, test, vi } from 'vitest';
import { admissions, Lab, removeLabs } from './lab.ts';
import { receiptOf, requestOf } from './own-records.ts';
import { responseOf } from './signer.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

const sql = "UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'";

/** What somebody else does between approval and run. */
const changes: readonly (readonly [what: string, sql: string])[] = [
  ['a changed row', "UPDATE customers SET name = 'A. Okafor' WHERE id = 1"],
  ['a row more that matches', "INSERT INTO customers (name, city) VALUES ('Gus', 'Leeds')"],
  ['a row less that matches', 'DELETE FROM customers WHERE id = 6'],
  ['a row that is gold already', "UPDATE customers SET tier = 'gold' WHERE id = 1"],
  ['a column more', 'ALTER TABLE customers ADD COLUMN note TEXT'],
  [
    'another trigger in the place of the old one',
    `DROP TRIGGER customers_tier; CREATE TRIGGER customers_tier AFTER UPDATE OF tier ON customers BEGIN
     INSERT INTO audit (customer, old_tier, new_tier) VALUES (old.id, old.tier, 'none'); END`,
  ],
  ['a trigger dropped', 'DROP TRIGGER customers_tier'],
  ['a constraint by a unique index', 'CREATE UNIQUE INDEX one_name ON customers (name)'],
];

test.each(changes)('%s after the approval: drifted, nothing written', async (_what, change) => {
  const lab = await Lab.make();
  const id = await lab.approved(sql);
  lab.write(change);
  const before = lab.dump();
  const answer = await lab.ask('run', id);
  expect([answer.exitCode, answer.code]).toEqual([9, 'run/drifted']);
  expect(lab.dump()).toBe(before);
  const again = await lab.ask('run', id);
  expect([again.exitCode, again.code]).toEqual([9, 'run/drifted']);
  expect(lab.dump()).toBe(before);
  expect(await lab.state(id)).toBe('drifted');
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test('another schema after the approval: the drift names what changed, also of tables that the request does not touch', async () => {
  const lab = await Lab.make();
  const id = await lab.approved(sql);
  lab.write(
    'CREATE TABLE extra (id INTEGER PRIMARY KEY); ALTER TABLE orders ADD COLUMN note TEXT; DROP TRIGGER customers_tier',
  );
  const reason =
    'the schema of the target is no longer the approved one: table main.extra created, table main.orders changed, trigger main.customers_tier dropped';
  expect(await lab.ask('run', id)).toMatchObject({ exitCode: 9, document: { message: reason } });
  expect((await receiptOf(lab, id)).detail).toBe(reason);

  const other = await lab.approved(sql);
  const names = Array.from({ length: 10 }, (_, index) => `t${index}`);
  lab.write(names.map((name) => `CREATE TABLE ${name} (v)`).join(';'));
  const { document } = await lab.ask('run', other);
  expect(document['message']).toMatch(/: table main\.t0 created, .*table main\.t7 created, 2 more$/);
  expect(document['hint']).toContain('submit --again');

  const unknown = await lab.approved(sql);
  lab.store('DELETE FROM target_schema');
  lab.write('DROP TABLE t0');
  expect((await lab.ask('run', unknown)).document['message']).toMatch(/: in what is not known here$/);
});

test('a drift stands in the receipt, and the same again is a request of its own for whoever may submit it', async () => {
  const lab = await Lab.make();
  const claims = ['--on-behalf-of', 'ops', '--ticket', 'OPS-7'];
  const id = await lab.approved(sql, ...claims);
  lab.write("UPDATE customers SET tier = 'silver' WHERE id = 6");
  const drifted = await lab.ask('run', id);
  expect(drifted.document['drift']).toMatchObject({
    tables: [
      { table: 'audit' },
      {
        table: 'customers',
        rows: [
          {
            key: [{ column: 'id', value: { value: 6 } }],
            columns: [
              {
                column: 'tier',
                approved: { before: { value: 'basic' }, after: { value: 'gold' } },
                now: { before: { value: 'silver' }, after: { value: 'gold' } },
              },
            ],
          },
        ],
      },
    ],
  });
  expect((await lab.ask('show', id)).document['drift']).toEqual(drifted.document['drift']);
  const receipt = await receiptOf(lab, id);
  expect(receipt).toMatchObject({ outcome: 'drifted', effect: { rows: 6 } });
  expect(receipt.effect?.diffDigest).not.toEqual((await requestOf(lab, id)).effect.diffDigest);
  const again = await lab.ask('submit', '--again', id);
  expect([again.exitCode, again.document['follows']]).toEqual([8, id]);
  const next = await requestOf(lab, String(again.document['request_id']));
  expect(next.effect.diffDigest).toEqual(receipt.effect?.diffDigest);
  expect(next.follows?.id).toEqual(fromHex(id));
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test('submit --again: outside the scope of who asks, and of what ran or was refused', async () => {
  const lab = await Lab.make();
  const id = await lab.approved(sql);
  expect((await lab.ask('submit', '--again', id)).code).toBe('request/state');
  lab.write("UPDATE customers SET tier = 'silver' WHERE id = 6");
  expect((await lab.ask('run', id)).code).toBe('run/drifted');
  const orders = 'scopes:\n  - { who: { ids: [agent-7] }, tables: [main.orders] }\n';
  lab.policy('main.yaml', (text) => `${text}\n${orders}`);
  const outside = await lab.ask('submit', '--again', id, '--as', 'agent-7');
  expect([outside.exitCode, outside.code]).toEqual([4, 'identity/out-of-scope']);
  const rejected = await lab.submit(sql);
  const denial = lab.approver('ada').decide(await lab.export(rejected), { choice: 'deny' });
  await lab.import(denial);
  expect((await lab.ask('submit', '--again', rejected)).code).toBe('request/state');
});

test.each([
  ['a row that does not match', "UPDATE customers SET name = 'Chen W.', city = 'York' WHERE id = 3"],
  ['another table', "INSERT INTO orders (customer_id, status, total_cents) VALUES (3, 'open', 1)"],
])('%s changed after the approval: it runs', async (_what, change) => {
  const lab = await Lab.make();
  const id = await lab.approved("UPDATE customers SET tier = 'gold' WHERE city = 'Leeds' AND id <> 3");
  lab.write(change);
  expect((await lab.ask('run', id)).code).toBe('request/executed');
  expect(lab.rows("SELECT count(*) FROM customers WHERE tier = 'gold'")).toEqual([[3]]);
});

test('a home restored from before the run is stopped by the marker, and the approver sees the older ledger', async () => {
  const lab = await Lab.make();
  const ada = lab.approver('ada');
  const id = await lab.submit('UPDATE orders SET total_cents = total_cents + 1 WHERE id < 103');
  const other = await lab.submit('UPDATE orders SET total_cents = 1 WHERE id = 107');
  const bundle = await lab.export(id);
  const signed = ['ada', 'ben'].map((name) => lab.approver(name).sign(bundle, { choice: 'approve' }));
  const response = responseOf(ada.domain, signed);
  const restore = lab.backup();
  expect((await lab.import(response, '--run')).exitCode).toBe(0);
  ada.look(await lab.export(other));
  const after = lab.dump();
  restore();
  expect(await lab.state(id)).toBe('pending');
  const again = await lab.import(response);
  expect(admissions(again)).toEqual(['counted logged', 'counted logged']);
  const replayed = await lab.ask('run', id);
  expect([replayed.exitCode, replayed.code]).toEqual([1, 'run/replayed']);
  expect(lab.dump()).toBe(after);
  expect(await lab.state(id)).toBe('failed');
  expect((await lab.ask('submit', '--again', id)).code).toBe('request/state');
  expect((await lab.ask('run', id)).exitCode).toBe(1);
  expect(lab.dump()).toBe(after);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test('an approver that has seen more of the ledger refuses a restored one', async () => {
  const lab = await Lab.make();
  const [ada, ben] = [lab.approver('ada'), lab.approver('ben')];
  const id = await lab.submit(sql);
  const restore = lab.backup();
  await lab.import(ada.decide(await lab.export(id), { choice: 'approve' }));
  for (let times = 0; times < 3; times += 1) ben.look(await lab.export(id));
  ada.look(await lab.export(id));
  restore();
  const older = await lab.export(id);
  expect(() => ben.review(older)).toThrow(expect.objectContaining({ code: 'bundle/checkpoint-older' }));
  // Grown past the pin, it is another history; Ada misses her own decision too.
  for (let times = 0; times < 6; times += 1) await lab.export(id);
  const forked = await lab.export(id);
  const codes = ['bundle/consistency-missing', 'bundle/consistency-invalid', 'bundle/checkpoint-forked'];
  for (const who of [ada, ben]) {
    let code: unknown;
    try {
      who.review(forked);
    } catch (error) {
      code = error instanceof Error && 'code' in error ? error.code : undefined;
    }
    expect(codes).toContain(code);
  }
});

test('a decision carried in twice, or again after the run, changes nothing', async () => {
  const lab = await Lab.make();
  const id = await lab.submit(sql);
  const bundle = await lab.export(id);
  const first = lab.approver('ada').decide(bundle, { choice: 'approve' });
  const second = lab.approver('ben').decide(bundle, { choice: 'approve' });
  expect(admissions(await lab.import(first))).toEqual(['counted logged']);
  expect(admissions(await lab.import(first))).toEqual(['repeated logged']);
  expect(await lab.state(id)).toBe('pending');
  expect((await lab.ask('run', id)).code).toBe('request/pending');
  expect((await lab.import(second, '--run')).exitCode).toBe(0);
  const after = lab.dump();
  expect(admissions(await lab.import(second, '--run'))).toEqual(['repeated logged']);
  expect((await lab.spawn(['run', id])).code).toBe('run/replayed');
  expect(lab.dump()).toBe(after);
});
