import { renameSync } from 'node:fs';
import { fromHex } from '@countersign/codec';
import { afterAll, expect, test, vi } from 'vitest';
import { auditOf } from './audit-apart.ts';
import { Lab, removeLabs } from './lab.ts';
import { receiptOf, requestOf } from './own-records.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

const change = "UPDATE customers SET name = name || '!' WHERE city = 'Leeds'";
const seenLater = "UPDATE customers SET last_seen = 'today' WHERE id IN (1, 2)";
const seen = 'main.customers.last_seen';

/** What every rule that asks for approval of a change is to let differ. */
function letting(obligations: string): (text: string) => string {
  const several = 'reason: a change of more than one row needs two approvers\n';
  const rule = `\n  - name: drift\n    when: '!facts.read_only'\n    require: { dba: 1 }\n    obligations: ${obligations}\n`;
  return (text) => text.replace(several, `${several}    obligations: ${obligations}\n`) + rule;
}

async function labWith(obligations: string): Promise<{ readonly lab: Lab; readonly strict: () => void }> {
  const lab = await Lab.make();
  lab.write("ALTER TABLE customers ADD COLUMN last_seen TEXT NOT NULL DEFAULT 'never'");
  return { lab, strict: lab.policy('changes.yaml', letting(obligations)) };
}

const drifting = `{ may_drift: [${seen}] }`;
const fewer = '{ fewer_rows: true }';
const both = `{ may_drift: [${seen}], fewer_rows: true }`;

const names = 'SELECT id, name, last_seen FROM customers ORDER BY id';
const verified = async (lab: Lab): Promise<void> => {
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
  await auditOf(lab);
};

test('a column that may drift is signed, told to approvers, and found otherwise at the run', async () => {
  const { lab } = await labWith(drifting);
  const id = await lab.approved(change);
  expect((await requestOf(lab, id)).policy.obligations).toEqual([
    ['may_drift', seen],
    ['reason', 'at least 5 characters'],
  ]);
  const shown = await lab.say('show', id);
  expect(shown.replaceAll(/\s+/g, ' ')).toContain(`It may differ in: ${seen}`);
  lab.write(seenLater);
  const ran = await lab.ask('run', id);
  expect([ran.exitCode, ran.code]).toEqual([0, 'request/executed']);
  expect(lab.rows(`${names} LIMIT 2`)).toEqual([
    [1, 'Amara Okafor!', 'today'],
    [2, 'Björn Lindqvist', 'today'],
  ]);
  const [request, receipt] = [await requestOf(lab, id), await receiptOf(lab, id)];
  expect(receipt).toMatchObject({ outcome: 'executed', effect: { rows: 3 } });
  expect(receipt.detail).toContain('within what the request lets differ');
  expect(receipt.effect?.diffDigest).not.toEqual(request.effect.diffDigest);
  expect(ran.document).toMatchObject({
    tolerance: { may_drift: [seen], fewer_rows: false },
    as_run: { rows: 3, tables: [{ table: 'customers', updated: 3 }] },
  });
  const asRun = await lab.ask('diff', id, '--as-run');
  expect(JSON.stringify(asRun.document['diff'])).toContain('"today"');
  expect(JSON.stringify((await lab.ask('diff', id)).document['diff'])).not.toContain('"today"');
  await verified(lab);
});

test('fewer rows than signed run where that is signed, and an undo goes by those', async () => {
  const { lab } = await labWith(both);
  const id = await lab.approved(change);
  lab.write("DELETE FROM customers WHERE id = 6; UPDATE customers SET last_seen = 'today'");
  const before = lab.dump();
  expect((await lab.ask('run', id)).code).toBe('request/executed');
  expect(await receiptOf(lab, id)).toMatchObject({ effect: { rows: 2, tables: [{ updated: 2 }] } });
  const undo = await lab.ask('undo', id, '--reason', 'it was wrong');
  expect(undo).toMatchObject({ exitCode: 8, document: { restores: true } });
  const undoing = String(undo.document['request_id']);
  await lab.approve(undoing, 'ada', 'ben');
  expect((await lab.ask('run', undoing)).code).toBe('request/executed');
  expect(lab.dump()).toBe(before);
  await verified(lab);
});

/** What somebody else does between approval and run, each beyond what may differ. */
const beyond: readonly (readonly [what: string, obligations: string, sql: string])[] = [
  ['a column that may not drift', both, "UPDATE customers SET tier = 'gold' WHERE id = 1"],
  ['the column that is set', both, "UPDATE customers SET name = 'Ann' WHERE id = 1"],
  ['a row more', both, "INSERT INTO customers (name, city) VALUES ('Gus', 'Leeds')"],
  ['another row', both, "UPDATE customers SET city = CASE id WHEN 1 THEN 'York' ELSE 'Leeds' END WHERE id IN (1, 2)"],
  ['a row less where only a column may drift', drifting, 'DELETE FROM customers WHERE id = 6'],
  ['a column where only rows may be missing', fewer, seenLater],
  ['no row left', both, "UPDATE customers SET city = 'York'"],
  ['a column more', both, 'ALTER TABLE customers ADD COLUMN note TEXT'],
  ['a trigger that writes what may drift', both, "CREATE TRIGGER t AFTER UPDATE OF name ON customers BEGIN UPDATE customers SET last_seen = 'x' WHERE id = new.id; END"],
  ['another table by a trigger', both, "CREATE TRIGGER t AFTER UPDATE OF name ON customers BEGIN UPDATE orders SET status = 'x' WHERE id = 101; END"],
]; // prettier-ignore

test.each(beyond)('%s: drifted, nothing written', async (_what, obligations, sql) => {
  const { lab } = await labWith(obligations);
  const id = await lab.approved(change);
  lab.write(sql);
  const before = lab.dump();
  const answer = await lab.ask('run', id);
  expect([answer.exitCode, answer.code]).toEqual([9, 'run/drifted']);
  expect(lab.dump()).toBe(before);
  await verified(lab);
});

test('what the statement sets is bound, also in a column that may drift', async () => {
  const { lab } = await labWith(drifting);
  const id = await lab.approved("UPDATE customers SET last_seen = city || id WHERE city = 'Leeds'");
  lab.write("UPDATE customers SET last_seen = 'today' WHERE id = 1");
  expect((await lab.ask('run', id)).code).toBe('run/drifted');
});

test('a policy that is stricter at the run takes the tolerance back, and one that is looser adds none', async () => {
  const { lab, strict } = await labWith(drifting);
  const id = await lab.approved(change);
  strict();
  lab.write(seenLater);
  const answer = await lab.ask('run', id);
  expect(answer.code).toBe('run/drifted');
  // It is no tolerance any more: what drifted is told.
  expect(JSON.stringify(answer.document['drift'])).toContain('last_seen');
  const exact = await lab.approved(change);
  lab.policy('changes.yaml', letting(both));
  lab.write("UPDATE customers SET last_seen = 'tomorrow' WHERE id = 1");
  expect((await lab.ask('run', exact)).code).toBe('run/drifted');
  await verified(lab);
});

test('one rule that asks for approval and says nothing drops it', async () => {
  const { lab } = await labWith(drifting);
  lab.policy(
    'changes.yaml',
    (text) =>
      `${text}\n  - name: silent\n    when: '"main.customers" in facts.writes'\n    require: { dba: 1 }\n`,
  );
  const id = await lab.submit(change);
  expect((await requestOf(lab, id)).policy.obligations).toEqual([['reason', 'at least 5 characters']]);
});

test('a request carries no tolerance that has no meaning for its rows', async () => {
  const { lab } = await labWith(both);
  const one = await lab.submit("UPDATE orders SET status = 'paid' WHERE id = 101");
  expect((await requestOf(lab, one)).policy.obligations).toEqual([['reason', 'at least 5 characters']]);
  // The trigger notes it under ids that the database makes: no two of those rows can be told apart.
  const noted = await lab.submit("UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'");
  expect((await requestOf(lab, noted)).policy.obligations).toEqual([
    ['may_drift', seen],
    ['reason', 'at least 5 characters'],
  ]);
  lab.configure((text) => text.replace('rows_imaged: 10000', 'rows_imaged: 1'));
  const sampled = await lab.submit(change);
  expect((await requestOf(lab, sampled)).effect.complete).toBe(false);
  expect((await requestOf(lab, sampled)).policy.obligations).toEqual([['reason', 'at least 5 characters']]);
});

test('nothing may differ where the schema changes', async () => {
  const { lab } = await labWith(both);
  const id = await lab.approved('DROP TABLE items');
  const { policy, effect } = await requestOf(lab, id);
  expect(effect.schemaChanges).toEqual(['table items dropped with 9 rows']);
  expect(policy.obligations).toEqual([['reason', 'at least 5 characters']]);
  lab.write('DELETE FROM items WHERE line = 1');
  expect((await lab.ask('run', id)).code).toBe('run/drifted');
  await verified(lab);
});

test.each([
  ['a column that is not there', 'main.customers.seen', 'which is no column of a table of the target'],
  ['a table that is not there', 'main.users.seen', 'which is no column of a table of the target'],
  ['a primary key', 'main.customers.id', 'which is part of a key'],
  ['a foreign key', 'main.orders.customer_id', 'which is part of a key'],
  ['a part of a key', 'main.items.line', 'which is part of a key'],
  ['a column of a unique index', 'main.customers.name', 'which is part of a key'],
])('%s that policy lets drift refuses the submission', async (_what, column, why) => {
  const { lab } = await labWith(`{ may_drift: [${column}] }`);
  lab.write('CREATE UNIQUE INDEX one_name ON customers (name)');
  const { exitCode, code, document } = await lab.ask('submit', change, '--reason', 'a test');
  expect([exitCode, code]).toEqual([2, 'configuration/may-drift']);
  expect(String(document['message'])).toContain(why);
});

test('a drift beside what may differ names the rest alone, in words and in JSON, and is submitted again', async () => {
  const { lab } = await labWith(both);
  const id = await lab.approved(change);
  lab.write(
    "UPDATE customers SET last_seen = 'today'; UPDATE customers SET tier = 'silver' WHERE id = 1; DELETE FROM customers WHERE id = 6",
  );
  const answer = await lab.ask('run', id);
  expect(answer.document['drift']).toMatchObject({
    tolerated: { columns: [seen], fewer_rows: true },
    tables: [
      { table: 'customers', rows: [{ key: [{ value: { value: 1 } }], columns: [{ column: 'tier' }] }] },
    ],
  });
  const shown = await lab.say('show', id);
  expect(shown).toContain("tier: approved 'basic' → 'basic', now 'silver' → 'silver'");
  expect(shown).toContain(`not listed, it may differ: ${seen}`);
  expect(shown).not.toContain('not any more');
  const again = await lab.ask('submit', '--again', id);
  expect([again.exitCode, again.document['follows']]).toEqual([8, id]);
});

/** Where the executor dies, and what is known of the rows then. */
const cuts: readonly (readonly [point: string, tampered: string | undefined, known: boolean])[] = [
  ['committed', undefined, true],
  ['target-returned', undefined, true],
  // What was kept is lost, damaged, or of another attempt: the marker says that it ran, and nobody which rows.
  ['committed', 'store', false],
  ['committed', 'marker', false],
  ['committed', 'page', false],
  ['committed', 'pages', false],
];

test.each(cuts)('killed at %s (%s): settled by what is known of the rows', async (point, tampered, known) => {
  const { lab } = await labWith(both);
  const id = await lab.approved(change);
  lab.write("DELETE FROM customers WHERE id = 6; UPDATE customers SET last_seen = 'today'");
  expect((await lab.die(['run', id], { FAULT_POINT: point })).signal).toBe('SIGKILL');
  if (tampered === 'store') lab.store('UPDATE request SET as_run = NULL');
  if (tampered === 'page') lab.tamper('request.as_run', fromHex(id));
  if (tampered === 'pages') lab.store("UPDATE request SET as_run = x'ff'");
  if (tampered === 'marker') lab.write('UPDATE _countersign_runs SET started_at = started_at + 1');
  expect((await lab.ask('run', id)).code).toBe('request/executed');
  const { effect, detail } = await receiptOf(lab, id);
  expect(effect?.rows).toBe(known ? 2 : undefined);
  expect(detail).toContain(known ? 'within what the request lets differ' : 'its exact rows are not known');
  await verified(lab);
  const undo = await lab.ask('undo', id);
  expect([undo.exitCode, undo.code]).toEqual(known ? [8, 'request/pending'] : [2, 'undo/rows-unknown']);
  if (!known) expect((await lab.ask('show', id)).document['as_run']).toBe(null);
});

test('settled after it was ambiguous: the receipt carries the rows, as that of an executed run does', async () => {
  const { lab } = await labWith(both);
  const id = await lab.approved(change);
  lab.write('DELETE FROM customers WHERE id = 6');
  expect((await lab.die(['run', id], { FAULT_POINT: 'committed' })).signal).toBe('SIGKILL');
  renameSync(lab.database, `${lab.database}.away`);
  expect((await lab.ask('run', id)).code).toBe('run/ambiguous');
  renameSync(`${lab.database}.away`, lab.database);
  expect((await lab.ask('run', id)).document['state']).toBe('resolved');
  const { outcome, effect } = await receiptOf(lab, id);
  expect([outcome, effect?.rows, effect?.diff?.length]).toEqual(['resolved-ran', 2, effect?.diffSize]);
  await verified(lab);
});

test('an attempt that was cut off leaves nothing for a later one to be told by', async () => {
  const { lab } = await labWith(both);
  const id = await lab.approved(change);
  lab.write('DELETE FROM customers WHERE id = 6');
  expect((await lab.die(['run', id], { FAULT_POINT: 'committing' })).signal).toBe('SIGKILL');
  const kept = async (): Promise<boolean> =>
    lab.inWorld((world) => (world.store.request(fromHex(id))?.asRun ?? null) !== null);
  expect(await kept()).toBe(true);
  lab.write("UPDATE customers SET city = 'York' WHERE id = 3");
  expect((await lab.ask('run', id)).code).toBe('request/executed');
  expect(await receiptOf(lab, id)).toMatchObject({ effect: { rows: 1 } });
  await verified(lab);
});
