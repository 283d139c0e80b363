import { toHex } from '@countersign/codec';
import { changedParts, openTarget } from '@countersign/targets';
import type { Target } from '@countersign/targets';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SqlServer } from '../../../test/servers/daemon.ts';
import { sqlServers } from '../../../test/servers/sql-servers.ts';
import { codeOf, statement } from './temporary-database.ts';

describe.each(sqlServers)('%s', (engine, startServer) => {
  let server: SqlServer;
  let target: Target;
  const url = (user: string, scheme = 'mariadb'): string =>
    `${scheme}://${user}@/sh_op?socket=${server.socket}`;
  const secret = "hunter2'\\x";

  beforeAll(async () => {
    server = await startServer();
    server.sql(
      `CREATE DATABASE sh_op; CREATE USER owner@localhost IDENTIFIED BY 'owner'; GRANT ALL ON \`sh\\_op\`.* TO owner@localhost`,
    );
    server.sql(
      `CREATE TABLE parent (id INT PRIMARY KEY, name VARCHAR(9));
     CREATE TABLE child (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE SET NULL);
     CREATE VIEW v AS SELECT name FROM parent;
     CREATE TABLE old (a INT) ENGINE = MyISAM;
     CREATE TRIGGER note AFTER INSERT ON parent FOR EACH ROW INSERT INTO child (id) VALUES (NEW.id);
     CREATE FUNCTION f() RETURNS INT RETURN 1;
     INSERT INTO parent VALUES (7, 'x')`,
      'sh_op',
    );
    target = openTarget({
      name: 'shop',
      url: url('owner'),
      password: () => 'owner',
      read: { url: url('reader'), password: () => secret },
    });
  }, 90_000);
  afterAll(() => server.stop(), 60_000);

  test('the catalogue holds what a reader of texts asks for', async () => {
    const { engine: found, version, catalog, identity, session, warnings } = await target.inspect();
    expect([found, identity]).toEqual([engine, null]);
    expect(/MariaDB/.test(version)).toBe(engine === 'mariadb');
    expect(catalog.tables.get('sh_op.parent')).toEqual({
      kind: 'table',
      columns: ['id', 'name'],
      cascades: [
        { table: 'sh_op.child', on: 'delete', columns: [] },
        { table: 'sh_op.child', on: 'update', columns: ['up'] },
      ],
      keys: ['id'],
    });
    expect(catalog.tables.get('sh_op.child')?.keys?.toSorted()).toEqual(['id', 'up']);
    expect(catalog.tables.get('sh_op.v')).toMatchObject({ kind: 'view', columns: ['name'] });
    expect(catalog.tables.get('sh_op.v')?.sql).toMatch(/select .*parent/);
    expect(catalog.triggers).toMatchObject([{ name: 'note', table: 'sh_op.parent', on: ['insert'] }]);
    expect(catalog.triggers[0]?.sql).toMatch(
      /^CREATE TRIGGER `sh_op`\.`note` AFTER INSERT ON `sh_op`\.`parent` FOR EACH ROW INSERT INTO/,
    );
    expect(catalog.functions?.get('sh_op.f')).toEqual({ harmless: false });
    expect(catalog).toMatchObject({
      currentSchema: 'sh_op',
      sqlMode: 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
      lowerCaseTableNames: 0,
    });
    expect(new Map(session).get('sql_mode')).toBe('STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION');
    expect(warnings.map((warning) => warning.split(':')[0])).toEqual([
      'target/not-prepared',
      'mariadb/engine',
      'mariadb/routines',
      'mariadb/process',
      ...(engine === 'mysql' ? ['mysql/locks'] : []),
    ]);
  });

  test('preparing takes rights, and says which way an administrator goes', async () => {
    expect(await codeOf(target.prepare())).toBe('target/rights');
    const steps = await target.preparation();
    expect(JSON.stringify(steps)).not.toContain('hunter2');
    expect(steps.map(({ sql }) => sql).at(-1)).toBe("GRANT SELECT ON `sh\\_op`.* TO 'reader'@'%'");
  });

  test('it makes an account that reads and cannot write', async () => {
    server.sql(
      'GRANT CREATE USER ON *.* TO owner@localhost; GRANT ALL ON `sh\\_op`.* TO owner@localhost WITH GRANT OPTION',
    );
    await target.prepare();
    await target.prepare();
    const { identity } = await target.inspect();
    expect(identity).toHaveLength(32);
    expect(await target.requireReadAccount()).toEqual([]);
    const { results } = await target.read([statement('SELECT name FROM v')]);
    expect(results[0]?.rows).toEqual([[{ type: 'text', value: 'x' }]]);
    server.sql('GRANT DELETE ON sh_op.parent TO reader');
    expect(await codeOf(target.requireReadAccount())).toBe('target/account-writes');
    expect(await codeOf(target.read([statement('SELECT 1')]))).toBe('target/account-writes');
    server.sql('REVOKE DELETE ON sh_op.parent FROM reader');
  });

  test('a URL finds out what the server is, whatever it says', async () => {
    const other = openTarget({
      name: 'shop',
      url: url('owner', engine === 'mysql' ? 'mariadb' : 'mysql'),
      password: () => 'owner',
    });
    expect((await other.inspect()).engine).toBe(engine);
    expect((await other.requireReadAccount()).join()).toMatch(/^target\/no-read-account/);
    expect(await codeOf(other.read([statement('SELECT 1')]))).toBe('target/no-read-account');
  });

  const changes: readonly string[] = [
  'ALTER TABLE parent ADD c INT', 'ALTER TABLE parent ALTER c SET DEFAULT 1', 'ALTER TABLE parent MODIFY c BIGINT', 'CREATE INDEX i ON parent (name)',
  'ALTER TABLE parent ADD CHECK (id > 0)', 'CREATE OR REPLACE VIEW v AS SELECT id AS name FROM parent', 'DROP TRIGGER note',
  'DROP FUNCTION f; CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 2', 'ALTER TABLE old ENGINE = InnoDB', 'ALTER TABLE child DROP FOREIGN KEY child_ibfk_1', 'CREATE TABLE more (a INT)',
  'CREATE INDEX j ON more (a)', 'DROP INDEX j ON more; CREATE INDEX j ON more (a DESC)', 'ALTER TABLE more ADD CONSTRAINT few CHECK (a < 9)',
  'ALTER TABLE more DROP CONSTRAINT few; ALTER TABLE old ADD CONSTRAINT few CHECK (a < 9)',
  'ALTER TABLE more PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (5))', 'ALTER TABLE more PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (6))',
  ...(engine === 'mariadb' ? [] : ['ALTER TABLE more ADD UNIQUE k ((a + 1), a)', 'ALTER TABLE more DROP INDEX k, ADD UNIQUE k ((a + 2), a)', 'ALTER TABLE more ALTER INDEX k INVISIBLE',
    'ALTER TABLE old ALTER CHECK few NOT ENFORCED', 'ALTER TABLE old ADD g POINT NOT NULL SRID 0', 'ALTER TABLE old MODIFY g POINT NOT NULL SRID 4326']),
]; // prettier-ignore
  test('the fingerprint of the schema changes with every change of it, and not with rows', async () => {
    let parts = (await target.inspect()).parts;
    const named: string[] = [];
    const hash = async (): Promise<string> => {
      const found = await target.inspect();
      named.push(changedParts(parts, found.parts).join(', '));
      ({ parts } = found);
      return toHex(found.schema);
    };
    const seen = [await hash()];
    server.sql("INSERT INTO parent VALUES (8, 'y')", 'sh_op');
    expect(await hash()).toBe(seen[0]);
    for (const sql of changes) {
      server.sql(sql, 'sh_op');
      const now = await hash();
      expect(seen, sql).not.toContain(now);
      seen.push(now);
    }
    expect(named.map((names) => names === '')).toEqual([true, true, ...changes.map(() => false)]);
    expect(named[2]).toBe('table parent changed');
    for (const text of ['view v changed', 'trigger note dropped', 'function f changed', 'table more created'])
      expect(named).toContain(text);
  });

  test('a server that is not there, or does not let the account in, is named so', async () => {
    const make = (address: string, password = 'owner'): Promise<string> =>
      codeOf(openTarget({ name: 'x', url: address, password: () => password }).inspect());
    expect(await make('mariadb://owner@127.0.0.1:1/sh_op')).toBe('target/unreachable');
    expect(await make(url('owner'), 'wrong')).toBe('target/unreachable');
    expect(await make(url('owner').replace('sh_op', 'none'))).toBe('target/unreachable');
    expect(await make('mariadb://owner@10.0.0.1/sh_op')).toBe('target/bad-url');
  });

  test('an account without the rights that a proof takes changes nothing, and texts for reads stay reads', async () => {
    expect(await codeOf(target.dryRun([statement('DELETE FROM parent')]))).toBe('target/rights');
    expect(await codeOf(target.requireReads([statement('DELETE FROM parent')]))).toBe('statement/not-a-read');
  });
});
