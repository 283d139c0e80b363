import { createHash } from 'node:crypto';
import type { Hash } from '@countersign/diff';
import { partsOf } from '../schema-parts.ts';
import type { SchemaPart } from '../schema-parts.ts';
import type { TargetFacts } from '../target.ts';
import { readCatalog, textOf } from './catalog.ts';
import { locksTable, seesLocks } from './locked-tables.ts';
import { readIdentity } from './marker.ts';
import type { MariadbSession } from './session.ts';
import { seesTransactions } from './sights.ts';
import { pinnedMode, pinnedSettings, pinSession, readKind } from './settings.ts';
import type { Engine } from './settings.ts';

const inspectLimits = { timeoutMs: 30_000, busyMs: 2_000 };

/** Returns what identifies the database and its schema. */
export async function inspectDatabase(session: MariadbSession): Promise<TargetFacts> {
  const kind = await readKind(session);
  await pinSession(session, kind, inspectLimits);
  const identity = await readIdentity(session, kind);
  return {
    ...kind,
    identity,
    ...(await readSchema(session, kind.engine)),
    session: await pinnedSettings(session, kind),
    catalog: await readCatalog(session, pinnedMode),
    warnings: await warningsOf(session, kind.engine, identity === null),
  };
}

const ours = (column: string): string => `${column} NOT LIKE '\\\\_countersign\\\\_%'`;
const here = (column: string): string => `${column} = DATABASE()`;

/** Each a text that gives one row for each object of the target's database, what it is first. */
const schemaTexts = (engine: Engine): readonly string[] => [
  `SELECT 'table', TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_COLLATION, CREATE_OPTIONS FROM information_schema.TABLES WHERE ${here('TABLE_SCHEMA')} AND ${ours('TABLE_NAME')}`,
  `SELECT 'column', TABLE_NAME, ORDINAL_POSITION, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLLATION_NAME, GENERATION_EXPRESSION${engine === 'mysql' ? ', SRS_ID' : ''}
     FROM information_schema.COLUMNS WHERE ${here('TABLE_SCHEMA')} AND ${ours('TABLE_NAME')}`,
  `SELECT 'index', TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, NON_UNIQUE, SUB_PART, INDEX_TYPE, COLLATION${engine === 'mysql' ? ', EXPRESSION, IS_VISIBLE' : ''}
     FROM information_schema.STATISTICS WHERE ${here('TABLE_SCHEMA')} AND ${ours('TABLE_NAME')}`,
  `SELECT 'key', TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
     FROM information_schema.KEY_COLUMN_USAGE WHERE ${here('TABLE_SCHEMA')} AND ${ours('TABLE_NAME')}`,
  `SELECT 'rule', TABLE_NAME, CONSTRAINT_NAME, UPDATE_RULE, DELETE_RULE FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE ${here('CONSTRAINT_SCHEMA')}`,
  engine === 'mysql'
    ? `SELECT 'check', c.CONSTRAINT_NAME, c.CHECK_CLAUSE, t.TABLE_NAME, t.ENFORCED FROM information_schema.CHECK_CONSTRAINTS c JOIN information_schema.TABLE_CONSTRAINTS t
         ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME AND t.CONSTRAINT_TYPE = 'CHECK' WHERE ${here('c.CONSTRAINT_SCHEMA')}`
    : `SELECT 'check', CONSTRAINT_NAME, CHECK_CLAUSE, TABLE_NAME, LEVEL FROM information_schema.CHECK_CONSTRAINTS WHERE ${here('CONSTRAINT_SCHEMA')}`,
  `SELECT 'partition', TABLE_NAME, PARTITION_NAME, SUBPARTITION_NAME, PARTITION_ORDINAL_POSITION, PARTITION_METHOD, SUBPARTITION_METHOD, PARTITION_EXPRESSION, SUBPARTITION_EXPRESSION, PARTITION_DESCRIPTION
     FROM information_schema.PARTITIONS WHERE ${here('TABLE_SCHEMA')} AND ${ours('TABLE_NAME')} AND PARTITION_NAME IS NOT NULL`,
  `SELECT 'view', TABLE_NAME, VIEW_DEFINITION, CHECK_OPTION, DEFINER, SECURITY_TYPE FROM information_schema.VIEWS WHERE ${here('TABLE_SCHEMA')}`,
  `SELECT 'trigger', TRIGGER_NAME, EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER, ACTION_STATEMENT, SQL_MODE, DEFINER
     FROM information_schema.TRIGGERS WHERE ${here('TRIGGER_SCHEMA')}`,
  `SELECT 'routine', ROUTINE_TYPE, ROUTINE_NAME, DTD_IDENTIFIER, ROUTINE_DEFINITION, SECURITY_TYPE, SQL_MODE, DEFINER, CAST(LAST_ALTERED AS CHAR)
     FROM information_schema.ROUTINES WHERE ${here('ROUTINE_SCHEMA')}`,
  `SELECT 'parameter', ROUTINE_TYPE, SPECIFIC_NAME, ORDINAL_POSITION, PARAMETER_MODE, PARAMETER_NAME, DTD_IDENTIFIER, COLLATION_NAME
     FROM information_schema.PARAMETERS WHERE ${here('SPECIFIC_SCHEMA')}`,
];

/** What a fact about a part of a table is told as. */
const ofTables: readonly string[] = ['column', 'index', 'key', 'rule', 'partition'];

/** Reads the schema of the target's database: its SHA-256, over each fact as one line of JSON, ascending, and its objects. */
async function readSchema(
  session: MariadbSession,
  engine: Engine,
): Promise<{ schema: Hash; parts: SchemaPart[] }> {
  const lines: string[] = [];
  for (const text of schemaTexts(engine)) {
    const rows = await session.own(text);
    lines.push(
      ...rows.map((row) => JSON.stringify(row.map((value) => (value === null ? null : textOf(value))))),
    );
  }
  const sum = createHash('sha256').update('countersign mariadb schema 1\n');
  const sorted = lines.toSorted();
  for (const line of sorted) sum.update(`${line}\n`);
  return { schema: new Uint8Array(sum.digest()), parts: partsOf(factsOf(sorted)) };
}

/** A fact by the object that it is of: of a view the columns too. */
function factsOf(lines: readonly string[]): (readonly [kind: string, name: string, text: string])[] {
  const facts = lines.map((line) => [line, JSON.parse(line) as readonly string[]] as const);
  const views = new Set(facts.filter(([, [kind]]) => kind === 'view').map(([, [, name]]) => name));
  return facts.map(([line, [kind = '', first = '', second = '']]) => {
    if (kind === 'routine' || kind === 'parameter') return [first.toLowerCase(), second, line];
    if (kind !== 'table' && !ofTables.includes(kind)) return [kind, first, line];
    return [views.has(first) ? 'view' : 'table', first, line];
  });
}

async function warningsOf(session: MariadbSession, engine: Engine, unprepared: boolean): Promise<string[]> {
  const other = await session.own(
    `SELECT TABLE_NAME, ENGINE FROM information_schema.TABLES WHERE ${here('TABLE_SCHEMA')} AND TABLE_TYPE = 'BASE TABLE' AND ENGINE <> 'InnoDB' ORDER BY 1 LIMIT 3`,
  );
  const [hidden] = await session.own(
    `SELECT COUNT(*) FROM information_schema.VIEWS WHERE ${here('TABLE_SCHEMA')} AND (VIEW_DEFINITION IS NULL OR VIEW_DEFINITION = '')`,
  );
  const [bodies] = await session.own(
    `SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ${here('ROUTINE_SCHEMA')} AND ROUTINE_DEFINITION IS NULL`,
  );
  return [
    ...(unprepared ? ['target/not-prepared: marker tables are missing'] : []),
    ...other.map(
      ([name, engine]) =>
        `mariadb/engine: table ${textOf(name)} is ${textOf(engine)}, whose changes cannot be rolled back`,
    ),
    ...(Number(hidden?.[0]) > 0
      ? ['mariadb/views: the account of url may not see how some views are made, expected SHOW VIEW']
      : []),
    ...(Number(bodies?.[0]) > 0
      ? [
          'mariadb/routines: the account of url may not see what some routines do, so their age alone shows a change',
        ]
      : []),
    ...((await seesTransactions(session, engine))
      ? []
      : [
          'mariadb/process: the account of url may not see how many rows its transactions change, so nothing can be changed with it, expected GRANT PROCESS ON *.*',
        ]),
    ...(engine === 'mariadb' || (await seesLocks(session))
      ? []
      : [
          `mysql/locks: the account of url may not see which tables its transactions change, so nothing can be changed twice or back in one, expected GRANT SELECT ON ${locksTable}`,
        ]),
  ];
}
