import { createHash } from 'node:crypto';
import { qualified } from '@countersign/sql';
import type {
  Catalog,
  CatalogCascade,
  CatalogFunction,
  CatalogTable,
  CatalogTrigger,
  FunctionOverload,
} from '@countersign/sql';
import { readKinship } from './kinship.ts';
import type { Kinship } from './kinship.ts';
import type { PostgresSession, TextRow } from './session.ts';

/** Schemas of the engine and of ours; temporary ones belong to other sessions. */
const ordinary = `n.nspname NOT IN ('pg_catalog', 'information_schema', '_countersign') AND n.nspname !~ '^pg_(toast|temp)'`;

const relations = `
  SELECT c.oid, n.nspname, c.relname, c.relkind, c.relrowsecurity,
    (SELECT pg_catalog.json_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    CASE c.relkind WHEN 'v' THEN pg_catalog.pg_get_viewdef(c.oid) END,
    EXISTS (WITH RECURSIVE below AS (SELECT c.oid AS oid UNION
        SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN below b ON i.inhparent = b.oid)
      SELECT FROM below b JOIN pg_catalog.pg_class d ON d.oid = b.oid WHERE d.relkind = 'f')
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${ordinary} ORDER BY n.nspname, c.relname`;

/** Action letters: n nothing, a restrict, c cascade, n set null, d set default. */
const foreignKeys = `
  SELECT k.confrelid, k.conrelid, k.confdeltype, k.confupdtype, pg_catalog.to_jsonb(k) -> 'confdelsetcols',
    (SELECT pg_catalog.json_agg(a.attname ORDER BY u.place)
      FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS u(number, place)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number)
  FROM pg_catalog.pg_constraint k WHERE k.contype = 'f'`;

/** Columns of tables that somebody made (their oids begin at 16384) which a unique index or a foreign key on either side names. */
const keys = `
  SELECT a.attrelid, pg_catalog.json_agg(a.attname ORDER BY a.attnum)
  FROM (SELECT i.indrelid, pg_catalog.unnest(i.indkey::pg_catalog.int2[]) FROM pg_catalog.pg_index i WHERE i.indisunique
    UNION SELECT k.conrelid, pg_catalog.unnest(k.conkey) FROM pg_catalog.pg_constraint k WHERE k.contype = 'f'
    UNION SELECT k.confrelid, pg_catalog.unnest(k.confkey) FROM pg_catalog.pg_constraint k WHERE k.contype = 'f') AS named(oid, number)
  JOIN pg_catalog.pg_attribute a ON a.attrelid = named.oid AND a.attnum = named.number
  WHERE named.oid >= 16384 GROUP BY a.attrelid`;

const children = 'SELECT inhparent, inhrelid FROM pg_catalog.pg_inherits';

const triggers = `
  SELECT t.tgname, t.tgrelid, pg_catalog.pg_get_triggerdef(t.oid), p.nspname, f.proname, t.tgtype
  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc f ON f.oid = t.tgfoid
  JOIN pg_catalog.pg_namespace p ON p.oid = f.pronamespace
  WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' ORDER BY t.tgrelid, t.tgname`;

/** Rules other than those that make a view. */
const rules = `
  SELECT r.rulename, r.ev_class, pg_catalog.pg_get_ruledef(r.oid), r.ev_type FROM pg_catalog.pg_rewrite r
  WHERE r.rulename <> '_RETURN' AND r.ev_enabled <> 'D' ORDER BY r.ev_class, r.rulename`;

/** Aggregates run functions that their definition only names: nobody can vouch for one. */
const functions = `
  SELECT n.nspname, f.proname, pg_catalog.oidvectortypes(f.proargtypes),
    CASE WHEN f.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(f.oid) END
  FROM pg_catalog.pg_proc f JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
  WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', '_countersign') ORDER BY 1, 2, 3`;

/** An enumeration that no cast of somebody's leads to runs nothing; every other type may. */
const types = `
  SELECT n.nspname, t.typname, t.typtype = 'e' AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_cast k WHERE k.casttarget = t.oid AND k.castfunc <> 0)
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  WHERE n.nspname <> 'pg_catalog' AND (n.nspname <> 'information_schema' OR t.typtype <> 'c')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid) ORDER BY 1, 2`;

const operators = `
  SELECT DISTINCT o.oprname FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
  WHERE n.nspname <> 'pg_catalog' ORDER BY 1`;

/** Conditions of the policies that rows must pass to be read. */
const policies = `
  SELECT p.polrelid, pg_catalog.pg_get_expr(p.polqual, p.polrelid) FROM pg_catalog.pg_policy p
  WHERE p.polcmd IN ('r', '*') AND p.polqual IS NOT NULL ORDER BY p.polrelid, p.polname`;

/** The catalogue, and the conditions under which rows of a table with row security are read. */
export interface ReadCatalog {
  readonly catalog: Catalog;
  /** By the table's qualified name; empty when no policy lets a row through. */
  readonly conditions: ReadonlyMap<string, readonly string[]>;
}

/** Reads the catalogue in a session whose search path is `pg_catalog` alone, so that every name is written in full. */
export async function readCatalog(
  session: PostgresSession,
  searchPath: readonly string[],
): Promise<ReadCatalog> {
  const rows = (await session.query(relations)).rows;
  const names = new Map(rows.map(([oid, schema, name]) => [oid ?? '', qualified(schema ?? '', name ?? '')]));
  const columns = new Map(rows.map((row) => [row[0] ?? '', list(row[5])]));
  const cascades = await readCascades(session, names, columns);
  const kinship = await readKinship(session, names);
  const named = new Map(
    (await session.query(keys)).rows.map(([oid, namedColumns]) => [oid ?? '', list(namedColumns)]),
  );
  const tables = new Map(
    rows.map((row): [string, CatalogTable] => [
      names.get(row[0] ?? '') ?? '',
      tableOf(row, cascades, named, kinship),
    ]),
  );
  const conditions = new Map<string, string[]>();
  for (const [oid, , , , security] of rows) {
    if (security === 't') conditions.set(names.get(oid ?? '') ?? '', []);
  }
  for (const [oid, condition] of (await session.query(policies)).rows) {
    conditions.get(names.get(oid ?? '') ?? '')?.push(condition ?? '');
  }
  const catalog: Catalog = {
    tables,
    triggers: await readTriggers(session, names),
    searchPath,
    standardConformingStrings: true,
    functions: readFunctions((await session.query(functions)).rows),
    types: new Map(
      (await session.query(types)).rows.map(([schema, name, harmless]) => [
        qualified(schema ?? '', name ?? ''),
        harmless === 't',
      ]),
    ),
    operators: new Set((await session.query(operators)).rows.map(([name]) => name ?? '')),
  };
  return { catalog, conditions };
}

function readFunctions(rows: readonly TextRow[]): ReadonlyMap<string, CatalogFunction> {
  const found = new Map<string, FunctionOverload[]>();
  for (const [schema, name, signature, definition] of rows) {
    const full = qualified(schema ?? '', name ?? '');
    const overload = { signature: signature ?? '', bodyHash: hashDefinition(definition) };
    found.set(full, [...(found.get(full) ?? []), overload]);
  }
  return new Map([...found].map(([name, overloads]) => [name, { harmless: false, overloads }]));
}

/** SHA-256 in hex of a definition as the engine prints it; nothing that anybody could list where it prints none. */
export function hashDefinition(definition: string | null | undefined): string {
  return typeof definition === 'string' ? createHash('sha256').update(definition).digest('hex') : '';
}

function tableOf(
  [oid, , , kind, , columns, sql, foreign]: TextRow,
  cascades: ReadonlyMap<string, readonly CatalogCascade[]>,
  named: ReadonlyMap<string, readonly string[]>,
  kinship: Kinship,
): CatalogTable {
  const own = cascades.get(oid ?? '');
  const keyed = named.get(oid ?? '');
  const [kin, keeps] = [kinship.kin.get(oid ?? ''), kinship.keeps.get(oid ?? '')];
  return {
    kind: kind === 'v' ? 'view' : foreign === 't' ? 'virtual' : 'table',
    columns: list(columns),
    ...(sql === null || sql === undefined ? {} : { sql }),
    ...(own === undefined ? {} : { cascades: own }),
    ...(keyed === undefined ? {} : { keys: keyed }),
    ...(kin === undefined ? {} : { kin }),
    ...(keeps === undefined ? {} : { keeps }),
  };
}

/** What a change of a table's rows does to other tables: foreign keys, and the rows of partitions and children. */
async function readCascades(
  session: PostgresSession,
  names: ReadonlyMap<string, string>,
  columns: ReadonlyMap<string, readonly string[]>,
): Promise<ReadonlyMap<string, readonly CatalogCascade[]>> {
  const found = new Map<string, CatalogCascade[]>();
  const add = (
    parent: string | null | undefined,
    cascade: Omit<CatalogCascade, 'table'>,
    child: string | null | undefined,
  ): void => {
    const table = names.get(child ?? '');
    if (table === undefined) return;
    found.set(parent ?? '', [...(found.get(parent ?? '') ?? []), { table, ...cascade }]);
  };
  for (const [parent, child, onDelete, onUpdate, , keys] of (await session.query(foreignKeys)).rows) {
    const own = list(keys);
    if (onDelete === 'c') add(parent, { on: 'delete', columns: [] }, child);
    if (onDelete === 'n' || onDelete === 'd') add(parent, { on: 'delete', columns: own }, child);
    if (['c', 'n', 'd'].includes(onUpdate ?? '')) add(parent, { on: 'update', columns: own }, child);
  }
  for (const [parent, child] of (await session.query(children)).rows) {
    add(parent, { on: 'delete', columns: [] }, child);
    add(parent, { on: 'update', columns: columns.get(child ?? '') ?? [] }, child);
  }
  return found;
}

const triggerEvents = [
  [4, 'insert'],
  [8, 'delete'],
  [16, 'update'],
  [32, 'truncate'],
] as const;
const ruleEvents: Readonly<Record<string, 'update' | 'insert' | 'delete'>> = {
  2: 'update',
  3: 'insert',
  4: 'delete',
};

/** Triggers, and rules as triggers that call nothing known: what they do is opaque. */
async function readTriggers(
  session: PostgresSession,
  names: ReadonlyMap<string, string>,
): Promise<CatalogTrigger[]> {
  const made = (await session.query(triggers)).rows.map(([name, table, sql, schema, called, type]) => ({
    name: name ?? '',
    table: names.get(table ?? '') ?? '',
    sql: sql ?? '',
    calls: qualified(schema ?? '', called ?? ''),
    on: triggerEvents.filter(([bit]) => (Number(type) & bit) !== 0).map(([, event]) => event),
  }));
  const ruled = (await session.query(rules)).rows.map(([name, table, sql, event]) => {
    const on = ruleEvents[event ?? ''];
    return {
      name: name ?? '',
      table: names.get(table ?? '') ?? '',
      sql: sql ?? '',
      ...(on === undefined ? {} : { on: [on] }),
    };
  });
  return [...made, ...ruled].filter(({ table }) => table !== '');
}

function list(json: string | null | undefined): readonly string[] {
  const value: unknown = JSON.parse(json ?? '[]');
  return Array.isArray(value) ? value.map(String) : [];
}
