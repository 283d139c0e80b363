import { afterEach, expect, test } from 'vitest';
import { compareDiffs, invertDiff, undoStatements } from '@countersign/diff';
import type { Row } from '@countersign/diff';
import { statement, temporaryDatabase } from './temporary-database.ts';
import type { Temporary } from './temporary-database.ts';

let temporary: Temporary | undefined;
afterEach(() => temporary?.end());

async function changesOf(setup: string, ...request: string[]): Promise<Record<string, (Row | null)[][]>> {
  temporary = temporaryDatabase(setup);
  const { diff } = await temporary.target.dryRun(request.map((sql) => statement(sql)));
  return Object.fromEntries(
    diff.tables.map(({ table, changes }) => [table, changes.map(({ before, after }) => [before, after])]),
  );
}

const text = (value: string): Row[number] => ({ type: 'text', value });
const int = (value: number): Row[number] => ({ type: 'integer', value });

test('an old image keeps its type although a foreign key of another affinity looks at it', async () => {
  const found = await changesOf(
    `CREATE TABLE p(k TEXT NOT NULL PRIMARY KEY, c);
     CREATE TABLE q(x REAL UNIQUE REFERENCES p(k) ON UPDATE CASCADE);
     INSERT INTO p VALUES ('4', 1);`,
    "UPDATE p SET k = '5', c = 2",
  );
  expect(found).toEqual({ p: [[[text('4'), int(1)], [text('5'), int(2)]]] }); // prettier-ignore
});

test('a row written back as it was is no change', async () => {
  const found = await changesOf(
    `CREATE TABLE p(k TEXT NOT NULL PRIMARY KEY, c);
     CREATE TABLE q(x REAL UNIQUE REFERENCES p(k) ON UPDATE CASCADE);
     INSERT INTO p VALUES ('4', 1);`,
    'UPDATE p SET k = 4 WHERE c = 1',
  );
  expect(found).toEqual({});
});

test('the first image of a row stays, whatever conflict clause stands outside', async () => {
  const found = await changesOf(
    'CREATE TABLE t(a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES (1, 10)',
    'UPDATE t SET b = 11',
    'INSERT OR REPLACE INTO t VALUES (1, 12)',
    'UPDATE OR REPLACE t SET b = 13',
  );
  expect(found).toEqual({ t: [[[int(1), int(10)], [int(1), int(13)]]] }); // prettier-ignore
});

test.each(['REPLACE', 'IGNORE', 'FAIL', 'ABORT', 'ROLLBACK'])(
  'a second note about a row is dropped although OR %s stands outside',
  async (clause) => {
    const found = await changesOf(
      `CREATE TABLE t(a INTEGER PRIMARY KEY, b); CREATE TABLE u(a TEXT, c INT, b, PRIMARY KEY (a, c)) WITHOUT ROWID;
       INSERT INTO t VALUES (1, 10), (2, 20); INSERT INTO u VALUES ('x', 1, 10), ('y', 2, 20);`,
      `UPDATE OR ${clause} t SET b = b + 1`,
      `UPDATE OR ${clause} t SET b = b + 1, a = a + 10`,
      `INSERT OR ${clause} INTO t SELECT a + 10, b FROM t`,
      `UPDATE OR ${clause} u SET b = b + 1`,
      `UPDATE OR ${clause} u SET b = b + 1, c = c + 10`,
      `INSERT OR ${clause} INTO u SELECT a, c + 10, b FROM u`,
      'DELETE FROM t WHERE a > 20',
      'DELETE FROM u WHERE c > 20',
    );
    expect(found).toEqual({
      t: [[[int(1), int(10)], null], [[int(2), int(20)], null], [null, [int(11), int(12)]], [null, [int(12), int(22)]]],
      u: [
        [[text('x'), int(1), int(10)], null], [null, [text('x'), int(11), int(12)]],
        [[text('y'), int(2), int(20)], null], [null, [text('y'), int(12), int(22)]],
      ],
    }); // prettier-ignore
  },
);

test('a trigger of the table that changes the same row again does not hide the first image', async () => {
  const found = await changesOf(
    `CREATE TABLE t(a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES (1, 10);
     CREATE TRIGGER first BEFORE UPDATE ON t WHEN NEW.b = 11 BEGIN UPDATE t SET b = 90 WHERE a = 1; END;
     CREATE TRIGGER second AFTER UPDATE ON t WHEN NEW.b = 11 BEGIN UPDATE t SET b = 99 WHERE a = 1; END;`,
    'UPDATE t SET b = 11',
  );
  expect(found).toEqual({ t: [[[int(1), int(10)], [int(1), int(99)]]] }); // prettier-ignore
});

test('a key in a WITHOUT ROWID table may be text although it is declared INTEGER', async () => {
  const found = await changesOf(
    "CREATE TABLE t(a INTEGER PRIMARY KEY, b) WITHOUT ROWID; INSERT INTO t VALUES ('x', 1)",
    'UPDATE t SET b = 2',
  );
  expect(found).toEqual({ t: [[[text('x'), int(1)], [text('x'), int(2)]]] }); // prettier-ignore
});

test('an undo that passes through a conflict which replaces is told by its own dry run', async () => {
  temporary = temporaryDatabase(
    'CREATE TABLE t(a INTEGER PRIMARY KEY, b UNIQUE ON CONFLICT REPLACE); INSERT INTO t VALUES (1, 20), (2, 10)',
  );
  const { target, sql } = temporary;
  const request = ['UPDATE t SET b = 30 WHERE a = 1', 'UPDATE t SET b = 20 WHERE a = 2'];
  const { diff } = await target.dryRun(request.map((one) => statement(one)));
  expect(diff.tables).toMatchObject([{ updated: 2, deleted: 0 }]);
  for (const one of request) sql(one);
  // Row 1 is put back to 20 while row 2 still holds it: row 2 is gone before its own turn.
  const undoing = await target.dryRun(undoStatements(diff, { dialect: 'sqlite' }));
  expect(undoing.diff.tables).toMatchObject([{ updated: 1, deleted: 1 }]);
  expect(compareDiffs(invertDiff(diff), undoing.diff).tables).toHaveLength(1);
});
