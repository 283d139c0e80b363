import { qualified } from '@countersign/sql';
import type { PostgresSession } from './session.ts';
import { quoteName } from './values.ts';

/** A relation as the catalogue has it at one moment. */
export interface Relation {
  readonly oid: string;
  /** Qualified, as facts name it. */
  readonly name: string;
  readonly quoted: string;
  /** `r` table, `m` materialized view, `p` partitioned table, `v` view, `f` foreign table, `S` sequence, `i` and `I` index. */
  readonly kind: string;
  /** Number of the file that holds its rows: another one when it was written anew. */
  readonly file: string;
  /** Of tables and materialized views only. */
  readonly columns: readonly RelationColumn[];
  /** Places in the table (`attnum`) of the primary key's columns. */
  readonly key: readonly number[];
  /** Number of the table that an index is of; empty for anything else. */
  readonly table: string;
  /** Whether any trigger of somebody's stands on it. */
  readonly hasTriggers: boolean;
}

export interface RelationColumn {
  readonly place: number;
  readonly name: string;
  readonly type: string;
  readonly computed: boolean;
  readonly identity: boolean;
  /** Rows that were there before have a value that stands in the catalogue. */
  readonly filled: boolean;
  readonly defaultText: string | undefined;
}

const text = `
  SELECT c.oid, n.nspname, c.relname, c.relkind, c.relfilenode,
    CASE WHEN c.relkind IN ('r', 'm') THEN (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(a.attnum, a.attname,
        pg_catalog.format_type(a.atttypid, a.atttypmod), a.attgenerated <> '', a.attidentity <> '', a.atthasmissing,
        pg_catalog.pg_get_expr(d.adbin, d.adrelid)) ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) END,
    (SELECT pg_catalog.to_json(i.indkey::smallint[]) FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary),
    (SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = c.oid),
    EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'm', 'p', 'v', 'f', 'S', 'i', 'I') AND n.nspname NOT IN ('pg_catalog', 'information_schema', '_countersign')
    AND n.nspname !~ '^pg_(toast|temp)' ORDER BY 2, 3`;

/** Returns the relations by their numbers, ours and the engine's left out. */
export async function readRelations(session: PostgresSession): Promise<ReadonlyMap<string, Relation>> {
  const { rows } = await session.query(text);
  return new Map(
    rows.map(([oid, schema, name, kind, file, columns, key, table, triggers]) => [
      oid ?? '',
      {
        oid: oid ?? '',
        name: qualified(schema ?? '', name ?? ''),
        quoted: `${quoteName(schema ?? '')}.${quoteName(name ?? '')}`,
        kind: kind ?? '',
        file: file ?? '',
        columns: listOf(columns).map(columnOf),
        key: listOf(key).map(Number),
        table: table ?? '',
        hasTriggers: triggers === 't',
      },
    ]),
  );
}

function columnOf(facts: unknown): RelationColumn {
  const [place, name, type, computed, identity, filled, value] = Array.isArray(facts)
    ? (facts as unknown[])
    : [];
  return {
    place: Number(place),
    name: String(name),
    type: String(type),
    computed: computed === true,
    identity: identity === true,
    filled: filled === true,
    defaultText: typeof value === 'string' ? value : undefined,
  };
}

function listOf(json: string | null | undefined): readonly unknown[] {
  const list: unknown = JSON.parse(json ?? '[]');
  return Array.isArray(list) ? (list as unknown[]) : [];
}

/** A relation before and after; one of the two is there. */
export interface RelationPair {
  readonly before: Relation | undefined;
  readonly after: Relation | undefined;
}

/** Relations that hold rows, each with what it was: whoever has the name now, else whoever got another name. */
export function pairRelations(
  before: ReadonlyMap<string, Relation>,
  after: ReadonlyMap<string, Relation>,
): RelationPair[] {
  const old = new Map([...before.values()].filter(holdsRows).map((one) => [one.name, one]));
  const now = [...after.values()].filter(holdsRows);
  const taken = new Set(now.map(({ name }) => name));
  const pairs = now.map((one): RelationPair => {
    const named = old.get(one.name);
    const moved = before.get(one.oid);
    return {
      before:
        named ?? (moved !== undefined && holdsRows(moved) && !taken.has(moved.name) ? moved : undefined),
      after: one,
    };
  });
  const met = new Set(pairs.map((pair) => pair.before));
  const gone = [...old.values()].filter((one) => !met.has(one));
  return [...pairs, ...gone.map((one) => ({ before: one, after: undefined }))];
}

function holdsRows({ kind }: Relation): boolean {
  return kind === 'r' || kind === 'm';
}
