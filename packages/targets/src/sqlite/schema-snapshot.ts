import { createHash } from 'node:crypto';
import type { Hash, SchemaChange } from '@countersign/diff';
import type { Connection } from './connection.ts';
import { isOwnTable } from './table-shapes.ts';

/** One object of the schema as `sqlite_schema` holds it. */
export interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly table: string;
  /** The CREATE text; null for indexes that constraints make. */
  readonly sql: string | null;
}

/** Returns the schema, ascending by type and name, our own tables left out. */
export function readSchema(connection: Connection): SchemaObject[] {
  return connection
    .all('SELECT type, name, tbl_name, sql FROM main.sqlite_schema ORDER BY type, name')
    .map(([type, name, table, sql]) => ({
      type: String(type),
      name: String(name),
      table: String(table),
      sql: sql === null || sql === undefined ? null : String(sql),
    }))
    .filter(({ table }) => !isOwnTable(table));
}

/** Returns how many objects bear a name of ours or stand on a table that does; {@link readSchema} leaves them out. */
export function countOwnObjects(connection: Connection): number {
  const names = connection.all('SELECT name, tbl_name FROM main.sqlite_schema');
  return names.filter((both) => both.some((name) => isOwnTable(String(name)))).length;
}

/** SHA-256 over the schema, each object as one line of JSON. */
export function hashSchema(objects: readonly SchemaObject[]): Hash {
  const sum = createHash('sha256').update('countersign sqlite schema 1\n');
  for (const { type, name, table, sql } of objects) {
    sum.update(`${JSON.stringify([type, name, table, sql])}\n`);
  }
  return new Uint8Array(sum.digest());
}

/** Returns what changed between two readings of the schema. Indexes that follow from a table's text are left out. */
export function compareSchemas(
  before: readonly SchemaObject[],
  after: readonly SchemaObject[],
): SchemaChange[] {
  const old = byName(before);
  const now = byName(after);
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  return names.flatMap((key) => {
    const [was, is] = [old.get(key), now.get(key)];
    const one = is ?? was;
    if (one === undefined || was?.sql === is?.sql) return [];
    const change: SchemaChange = {
      object: kindOf(one.type),
      name: one.name,
      before: was?.sql ?? null,
      after: is?.sql ?? null,
    };
    return [change];
  });
}

function byName(objects: readonly SchemaObject[]): Map<string, SchemaObject> {
  const withText = objects.filter(({ sql }) => sql !== null);
  return new Map(withText.map((one) => [JSON.stringify([one.type, one.name]), one]));
}

function kindOf(type: string): SchemaChange['object'] {
  switch (type) {
    case 'table':
    case 'index':
    case 'view':
    case 'trigger':
      return type;
    default:
      return 'other';
  }
}
