import { qualified } from '@countersign/sql';
import type {
  Catalog,
  CatalogCascade,
  CatalogFunction,
  CatalogTable,
  CatalogTrigger,
} from '@countersign/sql';
import type { MariadbSession } from './session.ts';
import { quoteName } from './values.ts';

/** Leaves out the server's own databases. */
export const outside = (column: string): string =>
  `${column} NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')`;

const tablesText = `SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE FROM information_schema.TABLES WHERE ${outside('TABLE_SCHEMA')} ORDER BY 1, 2`;
const columnsText = `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS WHERE ${outside('TABLE_SCHEMA')} ORDER BY 1, 2, ORDINAL_POSITION`;
const viewsText = `SELECT TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE ${outside('TABLE_SCHEMA')}`;
const triggersText = `SELECT TRIGGER_SCHEMA, TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE, ACTION_STATEMENT
  FROM information_schema.TRIGGERS WHERE ${outside('TRIGGER_SCHEMA')} ORDER BY 1, 2`;
const routinesText = `SELECT DISTINCT ROUTINE_SCHEMA, ROUTINE_NAME FROM information_schema.ROUTINES WHERE ${outside('ROUTINE_SCHEMA')} ORDER BY 1, 2`;
/** Foreign keys with what they do. */
export const ruledKeys =
  'information_schema.REFERENTIAL_CONSTRAINTS r JOIN information_schema.KEY_COLUMN_USAGE k ON k.CONSTRAINT_SCHEMA = r.CONSTRAINT_SCHEMA AND k.CONSTRAINT_NAME = r.CONSTRAINT_NAME AND k.TABLE_NAME = r.TABLE_NAME';
const keysText = `SELECT k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.TABLE_SCHEMA, k.TABLE_NAME, k.CONSTRAINT_NAME, r.DELETE_RULE, r.UPDATE_RULE, k.COLUMN_NAME
  FROM ${ruledKeys}
  WHERE k.REFERENCED_TABLE_NAME IS NOT NULL AND ${outside('k.TABLE_SCHEMA')} ORDER BY 3, 4, 5, k.ORDINAL_POSITION`;

const namedText = `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
  FROM information_schema.KEY_COLUMN_USAGE WHERE ${outside('TABLE_SCHEMA')} ORDER BY 1, 2, 3`;

/** Engines whose rows lie elsewhere, so that a read reaches another server. */
const elsewhere = /^(?:FEDERATED|FEDERATEDX|CONNECT|SPIDER|S3|SPHINX)$/i;

/** Reads the catalogue of every database that the account sees. */
export async function readCatalog(session: MariadbSession, sqlMode: string): Promise<Catalog> {
  const columns = grouped(await session.own(columnsText));
  const views = new Map(
    (await session.own(viewsText)).map(([schema, name, sql]) => [nameOf(schema, name), textOf(sql)]),
  );
  const cascades = await readCascades(session);
  const keys = await readKeys(session);
  const tables = new Map<string, CatalogTable>();
  for (const [schema, name, type, engine] of await session.own(tablesText)) {
    const full = nameOf(schema, name);
    const [sql, own, named] = [views.get(full), cascades.get(full), keys.get(full)];
    const isView = String(type).includes('VIEW');
    tables.set(full, {
      kind: isView ? 'view' : elsewhere.test(textOf(engine)) ? 'virtual' : 'table',
      columns: columns.get(full) ?? [],
      // Without the right to see it the text is empty, and the view opaque.
      ...(sql === undefined || sql === '' ? {} : { sql }),
      ...(own === undefined ? {} : { cascades: own }),
      ...(named === undefined ? {} : { keys: [...named] }),
    });
  }
  return {
    tables,
    triggers: await readTriggers(session),
    functions: new Map(
      (await session.own(routinesText)).map(([schema, name]): [string, CatalogFunction] => [
        nameOf(schema, name),
        { harmless: false },
      ]),
    ),
    sqlMode,
    ...(await readNaming(session)),
  };
}

/** Where names without a database are looked for, and whether the case of names matters. */
export async function readNaming(
  session: MariadbSession,
): Promise<Required<Pick<Catalog, 'currentSchema' | 'lowerCaseTableNames'>>> {
  const [row] = await session.own('SELECT DATABASE(), @@lower_case_table_names');
  const names = Number(row?.[1]);
  return { currentSchema: textOf(row?.[0]), lowerCaseTableNames: names === 1 || names === 2 ? names : 0 };
}

async function readTriggers(session: MariadbSession): Promise<CatalogTrigger[]> {
  return (await session.own(triggersText)).map(([schema, name, timing, event, tableSchema, table, body]) => {
    const on = textOf(event).toLowerCase();
    const target = nameOf(tableSchema, table);
    return {
      name: textOf(name),
      table: target,
      // In quotes of the engine: those of our own names are quotes of texts to it.
      sql: `CREATE TRIGGER ${inText(schema, name)} ${textOf(timing)} ${textOf(event)} ON ${inText(tableSchema, table)} FOR EACH ROW ${textOf(body)}`,
      ...(on === 'insert' || on === 'update' || on === 'delete' ? { on: [on] } : {}),
    };
  });
}

/** What foreign keys do to other tables, by the table that they refer to. */
export async function readCascades(
  session: MariadbSession,
): Promise<ReadonlyMap<string, readonly CatalogCascade[]>> {
  const keys = new Map<
    string,
    { parent: string; table: string; onDelete: string; onUpdate: string; columns: string[] }
  >();
  for (const [parentSchema, parent, schema, name, key, onDelete, onUpdate, column] of await session.own(
    keysText,
  )) {
    const id = JSON.stringify([schema, name, key]);
    const one = keys.get(id) ?? {
      parent: nameOf(parentSchema, parent),
      table: nameOf(schema, name),
      onDelete: textOf(onDelete),
      onUpdate: textOf(onUpdate),
      columns: [],
    };
    one.columns.push(textOf(column));
    keys.set(id, one);
  }
  const found = new Map<string, CatalogCascade[]>();
  for (const { parent, table, onDelete, onUpdate, columns } of keys.values()) {
    const list = found.get(parent) ?? [];
    if (onDelete === 'CASCADE') list.push({ table, on: 'delete', columns: [] });
    if (onDelete.startsWith('SET')) list.push({ table, on: 'delete', columns });
    if (onUpdate === 'CASCADE' || onUpdate.startsWith('SET')) list.push({ table, on: 'update', columns });
    if (list.length > 0) found.set(parent, list);
  }
  return found;
}

/** Columns that keys name, by their table: primary and unique ones, foreign ones on both sides. */
async function readKeys(session: MariadbSession): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const found = new Map<string, Set<string>>();
  const add = (table: string, column: unknown): void => {
    found.set(table, (found.get(table) ?? new Set()).add(textOf(column)));
  };
  for (const [schema, name, column, otherSchema, other, referred] of await session.own(namedText)) {
    add(nameOf(schema, name), column);
    if (referred !== null) add(nameOf(otherSchema, other), referred);
  }
  return found;
}

function grouped(rows: readonly unknown[][]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [schema, name, column] of rows) {
    const full = nameOf(schema, name);
    const list = found.get(full) ?? [];
    list.push(textOf(column));
    found.set(full, list);
  }
  return found;
}

function inText(schema: unknown, name: unknown): string {
  return [schema, name].map((part) => quoteName(textOf(part))).join('.');
}

function nameOf(schema: unknown, name: unknown): string {
  return qualified(textOf(schema), textOf(name));
}

/** A text of the information schema, which some versions hand over as bytes. */
export function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
