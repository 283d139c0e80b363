import { afterEach, expect, test } from 'vitest';
import { codeOf, statement, temporaryDatabase } from './temporary-database.ts';
import type { Temporary } from './temporary-database.ts';

let temporary: Temporary | undefined;
afterEach(() => temporary?.end());

const setup = `
  CREATE TABLE p(a INTEGER PRIMARY KEY, b);
  CREATE TABLE c(x INTEGER PRIMARY KEY, p REFERENCES p(a) DEFERRABLE INITIALLY DEFERRED);
  INSERT INTO p VALUES (1, 1), (2, 2);
  INSERT INTO c VALUES (10, 1);`;

async function refusalOf(request: readonly string[]): Promise<string> {
  temporary = temporaryDatabase(setup);
  return codeOf(temporary.target.dryRun(request.map((sql) => statement(sql))));
}

const broken: readonly (readonly [string, readonly string[]])[] = [
  ['a parent that goes', ['DELETE FROM p WHERE a = 1']],
  ['a parent that gets another key', ['UPDATE p SET a = 9 WHERE a = 1']],
  ['a child without a parent', ['INSERT INTO c VALUES (11, 7)']],
  ['a child that changes its parent', ['UPDATE c SET p = 7']],
  ['a schema change beside it', ['CREATE TABLE z(a)', 'DELETE FROM p WHERE a = 1']],
];
for (const [name, request] of broken) {
  test(`a dry run refuses what the commit would: ${name}`, async () => {
    expect(await refusalOf(request)).toBe('statement/constraint');
    expect(temporary?.sql('SELECT count(*) FROM p')).toEqual([[2]]);
  });
}

test('a key that is whole again at the end is fine', async () => {
  temporary = temporaryDatabase(setup);
  const { diff } = await temporary.target.dryRun([
    statement('INSERT INTO c VALUES (11, 7)'),
    statement('INSERT INTO p VALUES (7, 7)'),
  ]);
  expect(diff.tables.map(({ table }) => table)).toEqual(['c', 'p']);
});

test('a key that was broken before is no fault of the statements', async () => {
  temporary = temporaryDatabase(`PRAGMA foreign_keys = OFF; ${setup} INSERT INTO c VALUES (12, 99);`);
  const { diff } = await temporary.target.dryRun([statement('INSERT INTO c VALUES (13, 2)')]);
  expect(diff.tables.map(({ table, inserted }) => [table, inserted])).toEqual([['c', 1]]);
  expect(await codeOf(temporary.target.dryRun([statement('INSERT INTO c VALUES (13, 98)')]))).toBe(
    'statement/constraint',
  );
});
