import { expect, test } from 'vitest';
import { mysqlWriteForm } from '@countersign/sql';
import type { Catalog, MysqlGiven } from '@countersign/sql';

const catalog: Catalog = { tables: new Map(), triggers: [], partial: true, currentSchema: 'shop' };
const value = (text: string, paramsBefore = 0, params = 0): MysqlGiven => ({
  kind: 'value',
  text,
  paramsBefore,
  params,
});

const rows: readonly (readonly [sql: string, table: string, from: string, rows: string, before: number, params: number])[] = [
  ['UPDATE t AS x SET b = ?, c = 1 WHERE a = ? ORDER BY a LIMIT 3', 'shop.t', 't AS x', 'WHERE a = ? ORDER BY a LIMIT 3', 1, 1],
  ['UPDATE LOW_PRIORITY IGNORE `o`.t PARTITION (p0) SET a = 1', 'o.t', '`o`.t PARTITION (p0)', '', 0, 0],
  ["DELETE FROM t WHERE b = 'x;?' LIMIT ?;", 'shop.t', 't', "WHERE b = 'x;?' LIMIT ?", 0, 1],
  ['DELETE x FROM t x WHERE 1', 'shop.t', 't x', 'WHERE 1', 0, 0],
  ['DELETE FROM t', 'shop.t', 't', '', 0, 0],
]; // prettier-ignore
for (const [sql, table, from, text, paramsBefore, params] of rows) {
  test(`the rows meant by ${sql}`, () => {
    expect(mysqlWriteForm(sql, 'mariadb', catalog)).toMatchObject({
      kind: 'rows', table, from: { text: from }, rows: { text, paramsBefore, params },
    }); // prettier-ignore
  });
}

const inserts: readonly (readonly [sql: string, columns: readonly string[] | undefined, rows: readonly (readonly MysqlGiven[])[] | undefined, updates: readonly string[]])[] = [
  ["INSERT INTO t (A, b) VALUES (1, ?), (NULL, 'x'), (DEFAULT, 0), (-?, (1 + 2))", ['a', 'b'], [
    [value('1'), value('?', 0, 1)], [{ kind: 'null' }, value("'x'", 1)], [{ kind: 'default' }, { kind: 'zero' }], [value('-?', 1, 1), value('(1 + 2)', 2)],
  ], []],
  ['INSERT INTO t SET a = 1', ['a'], [[value('1')]], []],
  ['REPLACE t VALUES ()', undefined, [[]], []],
  ['INSERT INTO t () VALUES (), ()', undefined, [[], []], []],
  ['INSERT IGNORE t SELECT 1 ON DUPLICATE KEY UPDATE t.B = 2', undefined, undefined, ['b']],
  ['INSERT INTO t (a) VALUES (DEFAULT(a))', ['a'], [[value('DEFAULT(a)')]], []],
]; // prettier-ignore
for (const [sql, columns, given, updates] of inserts) {
  test(`what is given by ${sql}`, () => {
    expect(mysqlWriteForm(sql, 'mariadb', catalog)).toEqual({
      kind: 'insert', table: 'shop.t', columns, rows: given, updates,
    }); // prettier-ignore
  });
}

const none = [
  'UPDATE t, u SET t.a = 1', 'DELETE t, u FROM t JOIN u', 'DELETE FROM t WHERE', 'DELETE FROM t; DELETE FROM t', 'SELECT 1', 'TRUNCATE t',
  'UPDATE (SELECT 1) x SET a = 1', 'WITH c AS (SELECT 1) UPDATE t SET a = 1', '/*!50000 DELETE FROM t */', '',
]; // prettier-ignore
test('no form of several tables, other kinds and what is not read', () => {
  for (const sql of none) expect(mysqlWriteForm(sql, 'mariadb', catalog), sql).toBeUndefined();
  expect(mysqlWriteForm('DELETE FROM t', 'mariadb', { ...catalog, sqlMode: 'ORACLE' })).toBeUndefined();
});

test('a list of many values is cut in about the time that it takes to read it', () => {
  const sql = `INSERT INTO t VALUES ${Array.from({ length: 10_000 }, () => '(?, 1)').join(', ')}`;
  const form = mysqlWriteForm(sql, 'mariadb', catalog);
  expect(form?.kind === 'insert' && form.rows?.at(-1)?.[0]).toEqual(value('?', 9_999, 1));
});
