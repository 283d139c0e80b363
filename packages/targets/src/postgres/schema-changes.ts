import type { SchemaChange } from '@countersign/diff';
import { TargetError } from '../target-error.ts';
import type { SchemaObject } from './schema-snapshot.ts';
import type { PostgresSession } from './session.ts';
import { isNew } from './sides.ts';

/** Changed objects that one request can name. */
const objectsMax = 256;

/**
 * Returns what changed between two readings of the schema, ascending by kind and name. An object that only got another name is one
 * change, whose texts begin with the names.
 * @throws TargetError `limit/objects`
 */
export function compareSchemas(
  before: readonly SchemaObject[],
  after: readonly SchemaObject[],
): SchemaChange[] {
  const [old, now] = [byName(before), byName(after)];
  const gone = [...old].filter(([name]) => !now.has(name)).map(([, one]) => one);
  const come = [...now].filter(([name]) => !old.has(name)).map(([, one]) => one);
  const renamed = new Map(
    come.flatMap((is) => {
      const was = gone.find((one) => samePlace(one, is));
      return was === undefined ? [] : [[is, was] as const];
    }),
  );
  const stayed = [...now].flatMap(([name, is]) => {
    const was = old.get(name);
    return was === undefined || was.text === is.text ? [] : [change(is, was.text, is.text)];
  });
  const changes = [
    ...stayed,
    ...[...renamed].map(([is, was]) =>
      change(is, `name ${was.name}\n${was.text}`, `name ${is.name}\n${is.text}`),
    ),
    ...come.filter((is) => !renamed.has(is)).map((is) => change(is, null, is.text)),
    ...gone.filter((was) => ![...renamed.values()].includes(was)).map((was) => change(was, was.text, null)),
  ];
  return requireFew(changes.toSorted(byKindAndName));
}

/** @throws TargetError `limit/objects` */
export function requireFew(changes: SchemaChange[]): SchemaChange[] {
  if (changes.length <= objectsMax) return changes;
  throw new TargetError(
    'limit/objects',
    `statements change ${changes.length} objects of the schema, expected at most ${objectsMax}; split them into several requests`,
  );
}

function byKindAndName(a: SchemaChange, b: SchemaChange): number {
  const [one, other] = [JSON.stringify([a.object, a.name]), JSON.stringify([b.object, b.name])];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Two rows for one name are two states of it: another session has changed it meanwhile. */
function byName(objects: readonly SchemaObject[]): Map<string, SchemaObject> {
  const found = new Map<string, SchemaObject>();
  for (const one of objects) {
    const name = JSON.stringify([one.type, one.name]);
    if (found.has(name)) throw schemaMoved();
    found.set(name, one);
  }
  return found;
}

function samePlace(a: SchemaObject, b: SchemaObject): boolean {
  return (
    a.type === b.type &&
    a.place.catalog === b.place.catalog &&
    a.place.oid === b.place.oid &&
    a.place.oid !== '0'
  );
}

function change({ type, name }: SchemaObject, before: string | null, after: string | null): SchemaChange {
  switch (type) {
    case 'table':
    case 'index':
    case 'view':
    case 'trigger':
    case 'sequence':
    case 'function':
    case 'type':
      return { object: type, name, before, after };
    default:
      return { object: 'other', name: `${type} ${name}`, before, after };
  }
}

/** What a run or a dry run meets when another session changes the schema under it; nothing is written, and it may be tried again. */
export function schemaMoved(): TargetError {
  const cause = Object.assign(new Error('schema changed'), { code: '40001' });
  return new TargetError('target/busy', 'another session changed the schema meanwhile', { cause });
}

/** Columns of catalogues that a text of an object shows, or that follow from others; a change of any other is shown by itself. */
const accounted: readonly (readonly [catalog: string, key: string, name: string, columns: string])[] = [
  [
    'pg_class',
    'oid::text',
    'oid::pg_catalog.regclass::text',
    'oid relname relnamespace reltype relowner relam relfilenode reltablespace relpages reltuples relallvisible relallfrozen reltoastrelid relhasindex relpersistence relkind relnatts relchecks relhasrules relhastriggers relhassubclass relrowsecurity relforcerowsecurity relispopulated relreplident relispartition relrewrite relfrozenxid relminmxid relacl reloptions relpartbound',
  ],
  [
    'pg_attribute',
    "attrelid || ' ' || attnum",
    "attrelid::pg_catalog.regclass || ' column ' || attname",
    'attrelid attname atttypid attstattarget attlen attnum attndims attcacheoff atttypmod attbyval attalign attstorage attcompression attnotnull atthasdef atthasmissing attidentity attgenerated attisdropped attislocal attinhcount attcollation attacl attoptions attmissingval',
  ],
  [
    'pg_type',
    'oid::text',
    'oid::pg_catalog.regtype::text',
    'oid typname typnamespace typowner typrelid typarray typelem typnotnull typbasetype typtypmod typdefault typdefaultbin typacl typisdefined typcollation',
  ],
];

/**
 * Returns the changes that the transaction made to rows of the catalogue and that no text of an object shows, column by column.
 * The observer still sees the rows as they were.
 */
export async function readUntold(
  writer: PostgresSession,
  observer: PostgresSession,
): Promise<SchemaChange[]> {
  const changes: SchemaChange[] = [];
  for (const [catalog, key, name, columns] of accounted) {
    const rest = `(pg_catalog.to_jsonb(c) - '{${columns.split(' ').join(',')}}'::text[])::text`;
    const { rows } = await writer.query(
      `SELECT ${key}, ${name}, ${rest} FROM pg_catalog.${catalog} c WHERE ${isNew}`,
    );
    if (rows.length === 0) continue;
    const list = JSON.stringify(rows.map(([one]) => one));
    const old = await observer.query(
      `SELECT ${key}, ${rest} FROM pg_catalog.${catalog} c WHERE ${key} IN (SELECT pg_catalog.jsonb_array_elements_text($1::jsonb))`,
      [list],
    );
    const before = new Map(old.rows.map(([one, text]) => [one, text ?? '']));
    for (const [one, shown, after] of rows) {
      const was = before.get(one ?? null);
      if (was === undefined || was === after) continue;
      changes.push({
        object: 'other',
        name: `row of ${catalog}: ${shown ?? ''}`,
        before: was,
        after: after ?? '',
      });
    }
  }
  return changes;
}

/** Every catalogue whose changes the texts of objects show, or that only follows from those. */
const shownCatalogs: ReadonlySet<string> = new Set(
  `pg_class pg_attribute pg_attrdef pg_constraint pg_index pg_type pg_proc pg_aggregate pg_trigger pg_rewrite pg_policy pg_enum pg_range pg_sequence
   pg_namespace pg_description pg_shdescription pg_depend pg_shdepend pg_inherits pg_partitioned_table pg_statistic pg_statistic_ext pg_statistic_ext_data
   pg_operator pg_cast pg_extension pg_event_trigger pg_default_acl pg_init_privs pg_database pg_db_role_setting pg_authid pg_auth_members`.split(
    /\s+/,
  ),
);

/**
 * The engine counts the rows of its own tables that a transaction changes, so whatever a statement does to the schema shows there.
 * @throws TargetError `statement/changes-schema` for what no text shows
 */
export async function requireShown(writer: PostgresSession, changed: readonly string[]): Promise<void> {
  const { rows } = await writer.query(
    `SELECT relname FROM pg_catalog.pg_class WHERE oid = ANY ($1::oid[]) AND relnamespace IN ('pg_catalog'::pg_catalog.regnamespace, 'information_schema'::pg_catalog.regnamespace) AND relkind = 'r' ORDER BY 1`,
    [`{${changed.join(',')}}`],
  );
  const hidden = rows.map(([name]) => name ?? '').find((name) => !shownCatalogs.has(name));
  if (hidden !== undefined) {
    throw new TargetError(
      'statement/changes-schema',
      `statement changes the engine's table ${hidden}, which no diff shows: a database administrator has to do it outside Countersign`,
    );
  }
  const made = await writer.first(
    `SELECT oid::pg_catalog.regtype::text FROM pg_catalog.pg_type WHERE typtype IN ('b', 'p') AND typcategory <> 'A' AND typelem = 0
       AND ${isNew}`,
  );
  if (made === undefined) return;
  throw new TargetError('statement/changes-schema', 'statement makes a base type, which no diff shows');
}
