import type { PostgresSession } from './session.ts';

/** Rows of the catalogue that belong to relations, and the column that names the relation. */
const ofRelations: readonly (readonly [catalog: string, column: string])[] = [
  ['pg_attribute', 'attrelid'],
  ['pg_attrdef', 'adrelid'],
  ['pg_index', 'indrelid'],
  ['pg_inherits', 'inhrelid'],
  ['pg_partitioned_table', 'partrelid'],
  ['pg_policy', 'polrelid'],
  ['pg_rewrite', 'ev_class'],
  ['pg_sequence', 'seqrelid'],
  ['pg_trigger', 'tgrelid'],
];

const inSchemas: readonly (readonly [catalog: string, column: string])[] = [
  ['pg_class', 'relnamespace'],
  ['pg_constraint', 'connamespace'],
  ['pg_proc', 'pronamespace'],
  ['pg_type', 'typnamespace'],
  ['pg_operator', 'oprnamespace'],
  ['pg_statistic_ext', 'stxnamespace'],
  ['pg_namespace', 'oid'],
];

const everywhere: readonly string[] = [
  'pg_aggregate',
  'pg_cast',
  'pg_enum',
  'pg_event_trigger',
  'pg_extension',
  'pg_default_acl',
  'pg_range',
];

/** Comments on what the engine came with, but for the schema `public`, which is shown like those of others. */
const ofEngine = '(c.objoid < 16384 AND c.objoid <> 2200)';

/** A catalogue, and which of its rows, `c`, are printed. */
type Printed = readonly [catalog: string, where: string];

/** The rows about objects of schemas that a condition on a column picks, such as `IN (…)`, and others. */
function rowsOf(schemas: string, others: readonly Printed[]): readonly Printed[] {
  return [
    ...ofRelations.map(([catalog, column]): Printed => {
      const relations = `SELECT r.oid FROM pg_catalog.pg_class r WHERE r.relnamespace ${schemas}`;
      return [catalog, `c.${column} IN (${relations})`];
    }),
    ...inSchemas.map(([catalog, column]): Printed => [catalog, `c.${column} ${schemas}`]),
    ...others,
  ];
}

/** Each row by where it lies and who wrote it: no text of it is worked out, so no table's lock is waited for. */
function printText(schemas: string, more: readonly string[], comments: string): string {
  const others = [
    ...more.map((catalog): Printed => [catalog, 'true']),
    ['pg_description', comments] as const,
  ];
  const parts = rowsOf(`IN (${schemas})`, others).map(
    ([catalog, where]) =>
      `SELECT '${catalog} ' || c.ctid::text || ' ' || c.xmin::text AS x FROM pg_catalog.${catalog} c WHERE ${where}`,
  );
  return `SELECT pg_catalog.md5(coalesce(pg_catalog.string_agg(x, ',' ORDER BY x), '')) FROM (${parts.join(' UNION ALL ')}) AS print`;
}

const everyones = printText(
  `SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', '_countersign') AND n.nspname !~ '^pg_(toast|temp)'`,
  everywhere,
  `NOT ${ofEngine}`,
);
const engines = printText(
  `SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname IN ('pg_catalog', 'information_schema')`,
  [],
  ofEngine,
);
const ours = printText(
  `SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = '_countersign'`,
  [],
  'false',
);

/** A print of the schema as the session sees it: the same as long as nobody changes any object of it. */
export async function printSchema(session: PostgresSession): Promise<string> {
  return (await session.first(everyones)) ?? '';
}

/** A print of the engine's own objects, which no text of the schema shows either. */
export async function printEngine(session: PostgresSession): Promise<string> {
  return (await session.first(engines)) ?? '';
}

/** A print of our own objects, which no text of the schema shows. */
export async function printOwn(session: PostgresSession): Promise<string> {
  return (await session.first(ours)) ?? '';
}

/** Of each catalogue how many rows, and the sum of a hash of where each lies and who wrote it: sorting texts would take four times as long. */
const whole = `SELECT pg_catalog.string_agg(catalogue || ' ' || rows || ' ' || sum, ',' ORDER BY catalogue) FROM (${rowsOf(
  `IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_(toast|temp)')`,
  [...everywhere, 'pg_description'].map((catalog) => [catalog, 'true']),
)
  .map(
    ([catalog, where]) => `SELECT '${catalog}' AS catalogue, count(*) AS rows,
    coalesce(sum(pg_catalog.hashtidextended(c.ctid, c.xmin::text::bigint)), 0) AS sum FROM pg_catalog.${catalog} c WHERE ${where}`,
  )
  .join(' UNION ALL ')}) AS print`;

/** A print of all objects but temporary ones: everybody's, the engine's own and ours. The session's search path is `pg_catalog`. */
export async function printAll(session: PostgresSession): Promise<string> {
  return (await session.first(whole)) ?? '';
}
