import { decodeNote } from '@countersign/ledger';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Lab, removeLabs, type Answer } from './lab.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

let lab: Lab;
const secret = /okafor|amara/i;

beforeAll(async () => {
  lab = await Lab.make();
  lab.write('CREATE VIEW people AS SELECT id, name AS called FROM customers');
  lab.write('CREATE VIEW mixed AS SELECT city AS what FROM customers UNION SELECT name FROM customers');
  lab.policy(
    'changes.yaml',
    (text) => `${text}\n  - name: hide\n    obligations: { mask: [main.customers.name] }\n`,
  );
}, 120_000);

function read(sql: string): Promise<Answer> {
  return lab.ask('submit', sql, '--reason', 'a test');
}

interface Result {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly { readonly value?: unknown }[])[];
  readonly masked?: readonly number[];
}

function resultOf({ document }: Answer): Result {
  const [result] = document['results'] as readonly Result[];
  if (result === undefined) throw new Error(`no result: ${JSON.stringify(document)}`);
  return result;
}

test('only the masked column is hidden where the engine names every origin', async () => {
  const answer = await read('SELECT * FROM customers WHERE id = 1');
  const { columns, rows, masked } = resultOf(answer);
  expect(masked).toEqual([columns.indexOf('name')]);
  expect(rows[0]?.map(({ value }) => value)).toEqual([1, '(masked)', 'Leeds', 'basic']);
  expect((await lab.say('submit', 'SELECT * FROM customers', '--reason', 'a test')).split('\n')).toContain(
    'policy masks 1 of 4 columns',
  );
});

test.each([
  ['another name', 'SELECT name AS id FROM customers'],
  ['an expression', "SELECT id, lower(name) || '' FROM customers"],
  ['a subquery', 'SELECT (SELECT name FROM customers WHERE id = 1) AS id'],
  ['a nested query', 'SELECT id FROM (SELECT name AS id FROM customers)'],
  ['a WITH', 'WITH x(id) AS (SELECT name FROM customers) SELECT id FROM x'],
  ['the second of two selects', 'SELECT city FROM customers UNION ALL SELECT name FROM customers'],
  ['rows of values', 'VALUES ((SELECT city FROM customers)), ((SELECT name FROM customers WHERE id = 1))'],
  ['a view', 'SELECT called FROM people'],
  ['a view of two selects', 'SELECT what FROM mixed'],
  ['a join', 'SELECT b.name FROM customers a JOIN customers b USING (id)'],
  ['a group', 'SELECT group_concat(name) FROM customers'],
  ['a window', 'SELECT first_value(name) OVER (ORDER BY id) FROM customers'],
  ['a name in capitals', 'SELECT "NAME" FROM CUSTOMERS'],
  ['several statements', 'SELECT 1; SELECT name FROM customers'],
  ['an error that quotes the value', "SELECT json_extract('{}', name) FROM customers"],
])('%s does not show a masked value', async (_what, sql) => {
  const answer = await read(sql);
  expect(JSON.stringify(answer.document)).not.toMatch(secret);
  expect(answer.stderr).not.toMatch(secret);
  expect([0, 1]).toContain(answer.exitCode);
  if (answer.exitCode === 0) expect(JSON.stringify(answer.document)).toContain('(masked)');
});

test('an error that quotes the value is kept without its words, in the store and in the ledger', async () => {
  await read("SELECT json_extract('{}', name) FROM customers WHERE id = 1");
  const failed = (await lab.ask('list', '--state', 'failed')).document['requests'] as {
    readonly request_id: string;
  }[];
  expect(failed.length).toBeGreaterThan(0);
  for (const { request_id: id } of failed) {
    const { document } = await lab.ask('show', id);
    expect(document).toMatchObject({ detail: expect.stringContaining('may hold masked values') as string });
  }
  const paths = readdirSync(lab.home, { recursive: true, encoding: 'utf8' }).map((name) =>
    join(lab.home, name),
  );
  const own = paths.filter((path) => path !== lab.database && statSync(path).isFile());
  expect(own.filter((path) => secret.test(readFileSync(path, 'latin1')))).toEqual([]);
});

test('the error of a dry run that quotes the value is withheld too', async () => {
  const sql = "UPDATE customers SET city = json_extract('{}', name) WHERE id = 1";
  for (const more of [[], ['--dry-run']]) {
    const { exitCode, document, stderr } = await lab.ask('submit', sql, '--reason', 'a test', ...more);
    expect([exitCode, document['message']]).toEqual([
      1,
      'the database refused it; its words may hold masked values',
    ]);
    expect(JSON.stringify(document) + stderr).not.toMatch(secret);
  }
});

test('what the executor itself refuses keeps its words where columns are masked', async () => {
  const { document } = await lab.ask(
    'submit',
    'UPDATE orders SET status = ? WHERE id = 101',
    '--reason',
    'a test',
  );
  expect(document).toMatchObject({ code: 'statement/parameter-count' });
  expect(document['message']).toContain('parameters');
});

test("the ledger's entry of a read that failed holds a code and no value, where nothing is masked too", async () => {
  const other = await Lab.make();
  const sql = "SELECT json_extract('{}', city) FROM customers WHERE id = 1";
  expect((await other.ask('submit', sql, '--reason', 'a test')).document['message']).toContain('Leeds');
  const notes = await other.inWorld(({ ledger }) =>
    ledger.bodiesOf('read').map((body) => decodeNote('read', body)),
  );
  expect(notes).toMatchObject([
    { outcome: 'failed', detail: 'the database refused the read: statement/invalid' },
  ]);
});

test('what does not read the column is shown whole', async () => {
  for (const sql of [
    'SELECT id, city FROM customers',
    'SELECT count(*) FROM customers',
    'SELECT 1 UNION SELECT 2',
  ])
    expect(resultOf(await read(sql)).masked).toBeUndefined();
});

test('the commands that print rows hide them; the approver sees them', async () => {
  const id = await lab.submit("UPDATE customers SET name = 'Amara Obi', tier = 'gold' WHERE id = 1");
  for (const words of [
    ['diff', id],
    ['show', id],
  ] as const) {
    const text = await lab.say(...words);
    const printed = text.split('\n').filter((line) => !line.includes('UPDATE customers'));
    expect(printed.join('\n')).not.toMatch(/okafor|obi/i);
    expect(text).toContain('(masked, changed)');
  }
  expect(JSON.stringify((await lab.ask('diff', id)).document)).not.toMatch(/okafor|obi/i);
  expect(Buffer.from(await lab.export(id)).toString('latin1')).toContain('Amara Okafor');
  await lab.approve(id, 'ada', 'ben');
  expect((await lab.ask('run', id)).code).toBe('request/executed');
});

test('a masked column that the table does not have refuses the submission', async () => {
  const other = await Lab.make();
  other.policy(
    'changes.yaml',
    (text) => `${text}\n  - name: hide\n    obligations: { mask: [main.customers.nmae] }\n`,
  );
  for (const sql of ['SELECT name FROM customers', "UPDATE customers SET tier = 'gold' WHERE id = 1"]) {
    const { exitCode, code } = await other.ask('submit', sql, '--reason', 'a test');
    expect([exitCode, code]).toEqual([2, 'configuration/mask']);
  }
});

test('a column with a dot in its name is masked', async () => {
  const other = await Lab.make();
  other.write(
    `CREATE TABLE "odd people" (id INTEGER PRIMARY KEY, "first.name" TEXT, town TEXT);
     INSERT INTO "odd people" VALUES (1, 'Amara', 'Leeds')`,
  );
  other.policy(
    'changes.yaml',
    (text) => `${text}\n  - name: hide\n    obligations: { mask: ['main."odd people"."first.name"'] }\n`,
  );
  const all = resultOf(await other.ask('submit', 'SELECT * FROM "odd people"', '--reason', 'a test'));
  expect(all.rows[0]?.map(({ value }) => value)).toEqual([1, '(masked)', 'Leeds']);
  const made = await other.ask('submit', `SELECT "first.name" || '' FROM "odd people"`, '--reason', 'a test');
  expect(resultOf(made).masked).toEqual([0]);
  expect(JSON.stringify(made.document)).not.toMatch(secret);
});
