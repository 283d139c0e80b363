import { DatabaseSync, constants } from 'node:sqlite';
import type { Catalog, CatalogCascade, CatalogTable, CatalogTrigger } from '@countersign/sql';

const PRAGMAS = ['foreign_keys', 'recursive_triggers', 'user_version', 'writable_schema', 'cache_size'];
const WRITES: ReadonlyMap<number, string> = new Map([
  [constants.SQLITE_INSERT, 'insert'],
  [constants.SQLITE_UPDATE, 'update'],
  [constants.SQLITE_DELETE, 'delete'],
]);

/** What the engine itself says a text touched, and whether anything differs after it. */
export interface Observation {
  readonly error: string | undefined;
  readonly changed: boolean;
  /** Tables whose rows differ afterwards. */
  readonly changedTables: readonly string[];
  readonly reads: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
}

export function openFixture(fixture: readonly string[]): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  for (const statement of fixture) db.exec(statement);
  return db;
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function tableNames(db: DatabaseSync): string[] {
  const rows = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  return rows.map((row) => String(row['name']));
}

function rowsOf(db: DatabaseSync): Map<string, string> {
  const dump = new Map<string, string>();
  for (const name of tableNames(db)) {
    const rows = db.prepare(`SELECT * FROM ${quote(name)}`).all();
    dump.set(name.toLowerCase(), JSON.stringify(rows));
  }
  return dump;
}

function stateOf(db: DatabaseSync): string {
  const schemas = ['sqlite_schema', 'sqlite_temp_schema'].map((name) =>
    db.prepare(`SELECT type, name, sql FROM ${name} ORDER BY name`).all(),
  );
  const pragmas = PRAGMAS.map((name) => db.prepare(`PRAGMA ${name}`).all());
  const databases = db
    .prepare('PRAGMA database_list')
    .all()
    .filter((row) => row['name'] !== 'temp');
  return JSON.stringify([schemas, pragmas, databases, db.isTransaction]);
}

/** Runs the text on a fresh copy of the fixture and looks at everything before and after. */
export function observe(fixture: readonly string[], sql: string): Observation {
  const db = openFixture(fixture);
  const [rows, state] = [rowsOf(db), stateOf(db)];
  const reads = new Set<string>();
  const writes = new Set<string>();
  db.setAuthorizer((action, first, _second, database) => {
    if (first !== null && database !== null) {
      if (action === constants.SQLITE_READ) reads.add(`${database}.${first.toLowerCase()}`);
      if (WRITES.has(action)) writes.add(`${database}.${first.toLowerCase()}`);
    }
    return constants.SQLITE_OK;
  });
  let error: string | undefined;
  try {
    db.exec(sql);
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.message : 'refused';
  }
  db.setAuthorizer(null);
  const after = rowsOf(db);
  const changedTables = [...new Set([...rows.keys(), ...after.keys()])].filter(
    (name) => rows.get(name) !== after.get(name),
  );
  const changed = changedTables.length > 0 || stateOf(db) !== state;
  db.close();
  return { error, changed, changedTables, reads, writes };
}

/** The catalogue of the fixture, as an executor would inspect it. */
export function catalogOf(fixture: readonly string[]): Catalog {
  const db = openFixture(fixture);
  const tables = new Map<string, CatalogTable & { cascades: CatalogCascade[] }>();
  const triggers: CatalogTrigger[] = [];
  for (const row of db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema').all()) {
    const [type, name, sql] = [String(row['type']), String(row['name']), String(row['sql'])];
    if (type === 'trigger') triggers.push({ name, table: `main.${plain(String(row['tbl_name']))}`, sql });
    if (type !== 'table' && type !== 'view') continue;
    const columns = db
      .prepare(`PRAGMA table_xinfo(${quote(name)})`)
      .all()
      .map((column) => String(column['name']));
    const kind = type === 'view' ? 'view' : /^create virtual/i.test(sql) ? 'virtual' : 'table';
    tables.set(`main.${plain(name)}`, { kind, columns, sql, cascades: [] });
  }
  for (const [child, table] of tables) {
    if (table.kind !== 'table') continue;
    const own = child.slice('main.'.length).replace(/^"|"$/g, '');
    for (const key of db.prepare(`PRAGMA foreign_key_list(${quote(own)})`).all()) {
      const parent = tables.get(`main.${plain(String(key['table']))}`);
      if (key['on_delete'] === 'CASCADE') parent?.cascades.push({ table: child, on: 'delete', columns: [] });
    }
  }
  db.close();
  return { tables, triggers };
}

function plain(name: string): string {
  return /^[a-z_][a-z0-9_]*$/i.test(name) ? name : quote(name);
}
