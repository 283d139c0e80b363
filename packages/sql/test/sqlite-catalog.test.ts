import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allHazards, classify, sqliteName } from '@countersign/sql';
import type { Catalog, Facts } from '@countersign/sql';
import { catalogOf, observe } from './engine.ts';

const path = new URL('../../../test/vectors/sql/sqlite.json', import.meta.url);
const { fixture } = JSON.parse(readFileSync(path, 'utf8')) as { fixture: string[] };
const catalog = catalogOf(fixture);

function read(sql: string, against: Catalog = catalog): Facts {
  return classify(sql, 'sqlite', against);
}

function only(facts: Facts): Facts['statements'][number] {
  const [statement] = facts.statements;
  if (statement === undefined) throw new Error('no statement');
  return statement;
}

test('a view reads its tables too', () => {
  const statement = only(read('SELECT * FROM active_customers'));
  expect(statement.reads).toEqual(['main.active_customers', 'main.customers']);
  expect(statement.columnsRead).toContain('main.customers.status');
  expect(statement.columnsRead).toContain('main.active_customers.email');
});

test('a star stands for the columns the catalogue names', () => {
  expect(only(read('SELECT * FROM audit')).columnsRead).toEqual(['main.audit.id', 'main.audit.what']);
  expect(only(classify('SELECT * FROM audit', 'sqlite')).columnsRead).toEqual(['main.audit.*']);
});

test('a column goes to the one table that has it', () => {
  const sql = 'SELECT name, total FROM customers JOIN orders ON customers.id = customer_id';
  expect(only(read(sql)).columnsRead).toEqual([
    'main.customers.id',
    'main.customers.name',
    'main.orders.customer_id',
    'main.orders.total',
  ]);
  expect(only(classify(sql, 'sqlite')).columnsRead).toEqual([
    '?.customer_id',
    '?.name',
    '?.total',
    'main.customers.id',
  ]);
});

test('NATURAL JOIN reads the columns both tables have', () => {
  const columns = only(read('SELECT count(*) FROM orders NATURAL JOIN audit')).columnsRead;
  expect(columns).toEqual(['main.audit.id', 'main.orders.id']);
});

test('a trigger that fires writes its table', () => {
  const sql = "UPDATE customers SET name = 'x' WHERE id = 1";
  const statement = only(read(sql));
  expect(statement.writes).toEqual(['main.audit', 'main.customers']);
  expect(allHazards(read(sql))).toEqual(['trigger-fires']);
  expect([...observe(fixture, sql).writes].sort()).toEqual(['main.audit', 'main.customers']);
});

test('a trigger on another column does not fire', () => {
  const statement = only(read("UPDATE customers SET email = 'x' WHERE id = 1"));
  expect(statement.writes).toEqual(['main.customers']);
});

test('a delete cascades', () => {
  const facts = read('DELETE FROM customers WHERE id = 1');
  expect(only(facts).writes).toEqual(['main.customers', 'main.orders']);
  expect(allHazards(facts)).toEqual(['cascade']);
  expect(observe(fixture, 'DELETE FROM customers WHERE id = 1').changedTables).toEqual([
    'customers',
    'orders',
  ]);
});

test('dropping a table cascades too', () => {
  expect(only(read('DROP TABLE customers')).writes).toEqual(['main.customers', 'main.orders']);
});

test('an INSTEAD OF trigger writes through its view', () => {
  const facts = read("INSERT INTO customer_names (name) VALUES ('x')");
  expect(only(facts).writes).toEqual(['main.customer_names', 'main.customers']);
  expect(allHazards(facts)).toEqual(['trigger-fires', 'writes-through-view']);
});

test("a table's own conflict clause is found", () => {
  expect(allHazards(read("INSERT INTO tags VALUES ('red')"))).toEqual(['conflict-replace']);
});

test('a name that is not there is never a read', () => {
  const facts = read('SELECT * FROM nowhere');
  expect([facts.readOnly, facts.effect, allHazards(facts)]).toEqual([false, 'unknown', ['unknown-table']]);
});

test('a column that is not there is named; in double quotes it is text', () => {
  expect(allHazards(read('SELECT absent FROM audit'))).toEqual(['unknown-column']);
  const facts = read('DELETE FROM audit WHERE "1"');
  expect(allHazards(facts)).toEqual(['always-true-where', 'double-quoted-text']);
});

test('a full-text table is read as one', () => {
  const facts = read("SELECT body FROM notes WHERE notes MATCH 'hello' ORDER BY rank");
  expect([facts.readOnly, allHazards(facts)]).toEqual([true, ['virtual-table']]);
});

test('a virtual table of another module is unknown', () => {
  const tables = new Map(catalog.tables).set('main.shell', {
    kind: 'virtual',
    columns: ['a'],
    sql: 'CREATE VIRTUAL TABLE shell USING runs_commands(x)',
  });
  expect(read('SELECT a FROM shell', { ...catalog, tables }).effect).toBe('unknown');
});

test('what cannot be read is opaque', () => {
  const triggers = [{ name: 't', table: 'main.audit', sql: 'CREATE TRIGGER t AFTER gibberish' }];
  const facts = read("INSERT INTO audit (what) VALUES ('x')", { ...catalog, triggers });
  expect([facts.effect, only(facts).opaque, allHazards(facts)]).toEqual(['unknown', true, ['opaque']]);
  const tables = new Map(catalog.tables).set('main.v', { kind: 'view', columns: ['a'] });
  expect(read('SELECT a FROM v', { ...catalog, tables }).readOnly).toBe(false);
});

test('a view with an effect is not a read', () => {
  const sql = "CREATE VIEW v AS SELECT load_extension('x') AS a";
  const tables = new Map(catalog.tables).set('main.v', { kind: 'view', columns: ['a'], sql });
  expect(read('SELECT a FROM v', { ...catalog, tables }).readOnly).toBe(false);
});

test('triggers and views that name each other end', () => {
  const triggers = ['audit', 'orders'].map((table, index) => ({
    name: `t${index}`,
    table: `main.${table}`,
    sql: `CREATE TRIGGER t${index} AFTER DELETE ON ${table} BEGIN DELETE FROM ${index === 0 ? 'orders' : 'audit'}; END`,
  }));
  expect(only(read('DELETE FROM audit WHERE id = 1', { ...catalog, triggers })).writes).toEqual([
    'main.audit',
    'main.orders',
  ]);
  const tables = new Map(catalog.tables)
    .set('main.a', { kind: 'view', columns: ['x'], sql: 'CREATE VIEW a AS SELECT x FROM b' })
    .set('main.b', { kind: 'view', columns: ['x'], sql: 'CREATE VIEW b AS SELECT x FROM a' });
  expect(only(read('SELECT x FROM a', { ...catalog, tables })).reads).toEqual(['main.a', 'main.b']);
});

test('what a text makes is known to the rest of it', () => {
  const made = read(
    'CREATE TABLE t (a); INSERT INTO t (a) VALUES (1); CREATE TRIGGER f AFTER DELETE ON t BEGIN DELETE FROM audit; END; DELETE FROM t WHERE a = 1',
  );
  expect(made.statements.map((statement) => statement.writes)).toEqual([
    ['main.t'],
    ['main.t'],
    ['main.t'],
    ['main.audit', 'main.t'],
  ]);
  expect(allHazards(made)).not.toContain('unknown-table');
});

test('a catalogue may spell its names as the schema does', () => {
  const tables = new Map([
    ['Main."Customers"', { kind: 'table', columns: ['Id', 'Name'] } as const],
    ['main."a.""b"', { kind: 'table', columns: ['x'] } as const],
  ]);
  const spelt: Catalog = { tables, triggers: [] };
  expect(only(read('SELECT * FROM CUSTOMERS', spelt)).columnsRead).toEqual([
    'main.customers.id',
    'main.customers.name',
  ]);
  expect(only(read('SELECT x FROM "A.""B"', spelt)).reads).toEqual([sqliteName('main', 'a."B')]);
});
