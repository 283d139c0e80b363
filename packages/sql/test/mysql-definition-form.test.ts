import { classify, definitionsAlone, mysqlDefinitionForm } from '@countersign/sql';
import type { Catalog, MysqlDefinitionForm, PartitionChange, StoredProgram } from '@countersign/sql';
import { describe, expect, it } from 'vitest';

const catalog: Catalog = { tables: new Map(), triggers: [], currentSchema: 'shop' };
const empty: MysqlDefinitionForm = {
  drops: [],
  columnNames: [],
  tableNames: [],
  saysHow: false,
  setsCounter: false,
  program: undefined,
  partitions: undefined,
};

const dropped = (
  name: string,
  bare: boolean,
  kind: StoredProgram['kind'] = 'trigger',
): Partial<MysqlDefinitionForm> => ({
  program: { kind, verb: 'drop', name, bare, table: undefined, definer: undefined },
});
const made = (more: Partial<StoredProgram> = {}): Partial<MysqlDefinitionForm> => ({
  program: {
    kind: 'trigger',
    verb: 'create',
    name: 'shop.r',
    bare: true,
    table: 'shop.t',
    definer: undefined,
    ...more,
  },
});
const parts = (
  change: PartitionChange['change'],
  names: PartitionChange['names'] = [],
  ifExists = false,
): Partial<MysqlDefinitionForm> => ({ partitions: { change, names, ifExists } });
const routine = (
  kind: StoredProgram['kind'],
  more: Partial<StoredProgram> = {},
): Partial<MysqlDefinitionForm> => made({ kind, table: undefined, ...more });

describe('what a definition does to columns and names', () => {
  it.each<[string, Partial<MysqlDefinitionForm>]>([
    ['ALTER TABLE t ADD COLUMN c INT', {}],
    ['ALTER TABLE t DROP COLUMN a, DROP b, DROP COLUMN IF EXISTS `index`', { drops: ['a', 'b', 'index'] }],
    ['ALTER TABLE t DROP a RESTRICT, ADD a INT', { drops: ['a'] }],
    ['ALTER TABLE t DROP PRIMARY KEY, DROP INDEX i, DROP FOREIGN KEY f, DROP CONSTRAINT c', {}],
    [
      'ALTER TABLE t CHANGE a b INT, CHANGE COLUMN IF EXISTS c d DECIMAL(5,2)',
      {
        columnNames: [
          ['a', 'b'],
          ['c', 'd'],
        ],
      },
    ],
    ['ALTER TABLE t RENAME COLUMN a TO b, RENAME INDEX i TO j', { columnNames: [['a', 'b']] }],
    ['ALTER TABLE t RENAME other.u, DROP a', { tableNames: [['shop.t', 'other.u']], drops: ['a'] }],
    [
      'RENAME TABLE t TO old, new WAIT 5 TO t',
      {
        tableNames: [
          ['shop.t', 'shop.old'],
          ['shop.new', 'shop.t'],
        ],
      },
    ],
    ["ALTER TABLE t COMMENT = 'DROP COLUMN a', ALGORITHM=INSTANT", { saysHow: true }],
    ['ALTER TABLE t ADD COLUMN (lock_ INT, c INT), LOCK=NONE', { saysHow: true }],
    ['CREATE INDEX i ON t (a) ALGORITHM=COPY', { saysHow: true }],
    ['ALTER TABLE t ENGINE=InnoDB AUTO_INCREMENT=9', { setsCounter: true }],
    ['ALTER TABLE t AUTO_INCREMENT 9', { setsCounter: true }],
    ['ALTER TABLE t ADD n INT AUTO_INCREMENT PRIMARY KEY', {}],
    ['CREATE TABLE t (a INT)', {}],
    ["CREATE TABLE t (a INT, data INT, INDEX directory (data)) COMMENT 'DATA DIRECTORY = 1'", {}],
    ['TRUNCATE t', {}],
    ['CREATE SEQUENCE IF NOT EXISTS s START WITH 9', {}],
    ['CREATE OR REPLACE VIEW v AS SELECT 1', {}],
    ['DROP TRIGGER r', dropped('shop.r', true)],
    ['DROP TRIGGER IF EXISTS other.r;', dropped('other.r', false)],
    ['DROP TRIGGER `other` . `r`', dropped('other.r', false)],
    ['CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1', made()],
    [
      'CREATE OR REPLACE DEFINER = CURRENT_USER() TRIGGER IF NOT EXISTS r AFTER DELETE ON t FOR EACH ROW FOLLOWS q BEGIN DELETE FROM u; DELETE FROM v; END',
      made(),
    ],
    [
      "CREATE DEFINER = 'a b'@'%' TRIGGER x.r AFTER UPDATE ON y.t FOR EACH ROW DELETE FROM u",
      made({ name: 'x.r', bare: false, table: 'y.t', definer: ['a b', '%'] }),
    ],
    [
      'CREATE DEFINER = root@localhost TRIGGER r AFTER UPDATE ON t FOR EACH ROW DELETE FROM u',
      made({ definer: ['root', 'localhost'] }),
    ],
    [
      'CREATE DEFINER = `root`@`10.0.0.1` TRIGGER r AFTER UPDATE ON t FOR EACH ROW DELETE FROM u',
      made({ definer: ['root', '10.0.0.1'] }),
    ],
    ['ALTER TABLE t DROP PARTITION IF EXISTS p, `Q`', parts('drop', ['p', 'Q'], true)],
    ['ALTER ONLINE TABLE t WAIT 5 DROP PARTITION p;', parts('drop', ['p'])],
    ['ALTER TABLE t DROP `partition`', { drops: ['partition'] }],
    ['ALTER TABLE t TRUNCATE PARTITION p, q', parts('truncate', ['p', 'q'])],
    ['ALTER TABLE t TRUNCATE PARTITION ALL', parts('truncate', 'all')],
    ['ALTER TABLE t ADD PARTITION IF NOT EXISTS (PARTITION p VALUES LESS THAN (9))', parts('add')],
    ['ALTER TABLE t ADD PARTITION PARTITIONS 4', parts('add')],
    ['ALTER TABLE t COALESCE PARTITION 1', parts('coalesce')],
    [
      'ALTER TABLE t REORGANIZE PARTITION p, q INTO (PARTITION p VALUES LESS THAN (9))',
      parts('reorganize', ['p', 'q']),
    ],
    ['ALTER TABLE t PARTITION BY LIST (a) (PARTITION p VALUES IN (1, 2))', parts('layout')],
    ['ALTER TABLE t REMOVE PARTITIONING', parts('layout')],
    ['CREATE TABLE t (a INT) PARTITION BY HASH (a) PARTITIONS 3', {}],
    ['DROP PROCEDURE r', dropped('shop.r', true, 'procedure')],
    ['DROP FUNCTION IF EXISTS shop.r', dropped('shop.r', false, 'function')],
    ['CREATE PROCEDURE r() SELECT 1', routine('procedure')],
    [
      "CREATE OR REPLACE DEFINER=x@'%' PROCEDURE IF NOT EXISTS r(IN a DECIMAL(5,2), OUT b INT) COMMENT 'x' SQL SECURITY INVOKER BEGIN SELECT 1; END",
      routine('procedure', { definer: ['x', '%'] }),
    ],
    [
      'CREATE FUNCTION x.r(a INT) RETURNS INT DETERMINISTIC RETURN a',
      routine('function', { name: 'x.r', bare: false }),
    ],
    ['CREATE AGGREGATE FUNCTION r(a INT) RETURNS INT RETURN a', routine('function')],
  ])('%s', (sql, form) => {
    expect(mysqlDefinitionForm(sql, 'mariadb', catalog)).toEqual({ ...empty, ...form });
  });

  it.each([
    'ALTER IGNORE TABLE t ADD UNIQUE (a)',
    'ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u',
    'ALTER TABLE t CONVERT PARTITION p TO TABLE u',
    'ALTER TABLE t CONVERT TABLE u TO PARTITION p VALUES LESS THAN (1)',
    'ALTER TABLE t REBUILD PARTITION p',
    'ALTER TABLE t DISCARD PARTITION p TABLESPACE',
    'ALTER TABLE t REORGANIZE PARTITION',
    'ALTER TABLE t DROP PARTITION LOCAL p',
    'ALTER TABLE t DROP PARTITION p, ADD a INT',
    'ALTER TABLE t ADD a INT, DROP PARTITION p',
    'ALTER TABLE t ADD a INT PARTITION BY HASH (a)',
    "ALTER TABLE t ADD PARTITION (PARTITION p VALUES LESS THAN (1) DATA DIRECTORY = '/srv')",
    'ALTER IGNORE TABLE t PARTITION BY HASH (a)',
    'ALTER TABLE t ENGINE=InnoDB REMOVE PARTITIONING',
    'ALTER TABLE t DROP SYSTEM VERSIONING',
    'ALTER TABLE t DROP PERIOD FOR SYSTEM_TIME',
    'ALTER TABLE t ADD SYSTEM VERSIONING',
    'ALTER TABLE t DISCARD TABLESPACE',
    'ALTER TABLE t ORDER BY a',
    'ALTER TABLE t DROP a; DROP TABLE t',
    'DROP TRIGGER r, other.r',
    'DROP TRIGGER a.b.r',
    "CREATE TABLE t (a INT) DATA DIRECTORY = '/srv'",
    "CREATE TABLE t (a INT) PARTITION BY HASH (a) (PARTITION p data /* */ directory '/srv')",
    "ALTER TABLE t INDEX DIRECTORY='/srv'",
    "ALTER TABLE t COMMENT 'x",
    '/*! ALTER TABLE t DROP a */',
    'CREATE DEFINER = somebody TRIGGER r AFTER UPDATE ON t FOR EACH ROW DELETE FROM u',
    "CREATE DEFINER = ''@'%' TRIGGER r AFTER UPDATE ON t FOR EACH ROW DELETE FROM u",
    "CREATE DEFINER = 'a''b'@'%' TRIGGER r AFTER UPDATE ON t FOR EACH ROW DELETE FROM u",
    'CREATE DEFINER = CURRENT_ROLE TRIGGER r AFTER UPDATE ON t FOR EACH ROW DELETE FROM u',
    'CREATE DEFINER = CURRENT_ROLE@x TRIGGER r AFTER UPDATE ON t FOR EACH ROW DELETE FROM u',
    "CREATE FUNCTION r RETURNS STRING SONAME 'x.so'",
    "CREATE AGGREGATE FUNCTION r RETURNS STRING SONAME 'x.so'",
    'CREATE AGGREGATE PROCEDURE r() SELECT 1',
    'CREATE OR REPLACE SEQUENCE s',
    'CREATE FUNCTION r(a INT) RETURN a',
    'CREATE PROCEDURE r SELECT 1',
    'CREATE DEFINER = somebody PROCEDURE r() SELECT 1',
    'CREATE TEMPORARY TRIGGER r AFTER UPDATE ON t FOR EACH ROW DELETE FROM u',
    'CREATE TRIGGER r AFTER UPDATE OF a ON t FOR EACH ROW DELETE FROM u',
    'CREATE TRIGGER r AFTER INSERT OR UPDATE ON t FOR EACH ROW DELETE FROM u',
    'CREATE TRIGGER r AFTER UPDATE ON t DELETE FROM u',
    'CREATE TRIGGER r AFTER UPDATE ON t FOR EACH ROW /*! DELETE FROM u */',
  ])('is not read where rows may be lost in other ways: %s', (sql) => {
    expect(mysqlDefinitionForm(sql, 'mariadb', catalog)).toBeUndefined();
  });
});

describe('definitions that commit by themselves', () => {
  const kinds = (sql: string, dialect: 'mariadb' | 'postgres' | 'sqlite' = 'mariadb'): readonly string[] =>
    definitionsAlone(classify(sql, dialect)).map(({ kind }) => kind);

  it.each([
    ['ALTER TABLE t ADD c INT', ['alter-table']],
    ['DELETE FROM t; TRUNCATE t', ['truncate']],
    ['CREATE TABLE u AS SELECT 1', ['create-table-as']],
    ['CREATE TRIGGER r AFTER INSERT ON t FOR EACH ROW DELETE FROM u', ['create-trigger']],
    ['UPDATE t SET a = 1', []],
    ['SELECT 1', []],
    ['ALTER TABLE', []],
  ] as const)('%s', (sql, expected) => {
    expect(kinds(sql)).toEqual(expected);
  });

  it('are those of MariaDB alone', () => {
    expect(kinds('ALTER TABLE t ADD c INT', 'sqlite')).toEqual([]);
  });
});
