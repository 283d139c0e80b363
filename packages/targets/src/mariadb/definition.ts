import { classifyTexts, mysqlDefinitionForm, nameParts } from '@countersign/sql';
import type { Catalog, MysqlDefinitionForm, StatementFacts, StoredProgram } from '@countersign/sql';
import { requireStatementText } from '../statement-text.ts';
import { TargetError } from '../target-error.ts';
import type { Statement } from '../target.ts';
import { visible } from '../visible-text.ts';
import { beforeVerb } from './before-verb.ts';
import { readCatalog, textOf } from './catalog.ts';
import { lostPartitions } from './partitions.ts';
import type { MariadbSession } from './session.ts';
import { pinnedMode } from './settings.ts';
import { placeOf, readShapes } from './table-shapes.ts';
import type { TableShape } from './table-shapes.ts';

/** One definition that is known to its end. */
export interface Definition {
  readonly sql: string;
  readonly facts: StatementFacts;
  readonly form: MysqlDefinitionForm;
  /** Whether it drops what has the name already (OR REPLACE). */
  readonly replaces: boolean;
  /** The tables that are there and that it names to change them, ascending by name. */
  readonly shapes: readonly TableShape[];
  /** Columns that an ALTER TABLE drops, by the names that they have. */
  readonly drops: readonly string[];
  /** Partitions whose rows get lost, by the names that they have. */
  readonly lostPartitions: readonly string[];
}

const verbs = /^(?:create|alter|drop|rename|truncate)\b/i;

/** What is tried on a copy; every other definition is refused. */
const admitted: ReadonlySet<string> = new Set([
  'create-table', 'alter-table', 'drop-table', 'rename-table', 'truncate', 'create-index', 'drop-index', 'create-view', 'alter-view',
  'drop-view', 'create-trigger', 'drop-trigger', 'create-procedure', 'drop-procedure', 'create-function', 'drop-function',
  'create-sequence', 'drop-sequence',
]); // prettier-ignore

/** Those that keep a text of statements, which runs later: what it says is shown, and not read. */
const keeping: ReadonlySet<string> = new Set(['create-trigger', 'create-procedure', 'create-function']);

/**
 * Returns the text of the one definition of a request, undefined when it has none.
 * @throws TargetError `statement/runs-alone` when it is not the only statement, or has parameters
 */
export function definitionText(statements: readonly Statement[]): string | undefined {
  const at = statements.findIndex(({ sql }) => verbs.test(sql.replace(beforeVerb, '')));
  const found = statements[at];
  if (found === undefined) return undefined;
  for (const [index, { sql }] of statements.entries()) requireStatementText(sql, index);
  if (statements.length === 1 && found.params.length === 0) return found.sql;
  const text =
    'a definition commits by itself here, expected it alone in its request and without parameters; submit what else there is as requests of their own';
  throw new TargetError('statement/runs-alone', text, { statement: at });
}

/**
 * Reads one definition by the grammar, with the target's catalogue.
 * @throws TargetError `statement/…` for one of which it is not known what gets lost with it
 */
export async function readDefinition(session: MariadbSession, sql: string): Promise<Definition> {
  const catalog = await readCatalog(session, pinnedMode);
  const facts = classifyTexts([sql], 'mariadb', catalog);
  const [only, second] = facts.statements;
  if (second !== undefined) throw refusal('statement/several', 'text holds more than one statement');
  const form = mysqlDefinitionForm(sql, 'mariadb', catalog);
  if (!facts.parsed || only === undefined || form === undefined || !isKnown(only, form)) {
    const kind = only === undefined ? 'the text' : only.kind;
    const text = `what gets lost with ${visible(kind)} cannot be told from its text, expected CREATE, ALTER, DROP, RENAME or TRUNCATE of tables, indexes, views, triggers, routines and sequences as docs/mariadb.md lists them`;
    throw refusal('statement/unknown-effect', text);
  }
  const { program } = form;
  const on = program?.table === undefined ? [] : [program.table];
  requirePlace([...only.writes, ...on, ...(program === undefined ? [] : [program.name])], catalog);
  if (program !== undefined) await requireStored(session, program);
  // A sequence is a table to the catalogue, without rows that get lost.
  const changed = only.kind.endsWith('-sequence') ? [] : only.writes;
  const names = [...changed, ...on].filter((name) => isTable(catalog, name));
  const shapes = await readShapes(session, 'mariadb', names, catalog);
  const replaces = only.hazards.some(({ code }) => code === 'drop');
  const drops = await findColumns(session, shapes, form.drops);
  const [shape] = shapes;
  const isWhole = shape === undefined || form.partitions === undefined;
  const lost = isWhole ? [] : await lostPartitions(session, shape, form.partitions);
  return { sql, facts: only, form, replaces, shapes, drops, lostPartitions: lost };
}

/** The server itself says which columns are meant: it compares their names without case and accents. */
async function findColumns(
  session: MariadbSession,
  shapes: readonly TableShape[],
  names: readonly string[],
): Promise<readonly string[]> {
  const [shape] = shapes;
  if (shape === undefined || names.length === 0) return [];
  const marks = names.map(() => '?').join(', ');
  const found = await session.own(
    `SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND COLUMN_NAME IN (${marks})`,
    [...placeOf(shape.name), ...names],
  );
  return found.map(([name]) => textOf(name));
}

function isKnown({ kind, effects, opaque }: StatementFacts, { program }: MysqlDefinitionForm): boolean {
  const plain = effects.every((effect) => effect === 'read' || effect === 'write' || effect === 'ddl');
  const isWhole = program === undefined || kind === `${program.verb}-${program.kind}`;
  return admitted.has(kind) && plain && isWhole && opaque === (program !== undefined && keeping.has(kind));
}

/**
 * The copy has none of our tables, and so no trigger on them: IF EXISTS and IF NOT EXISTS would take another way there. Nor has it
 * loadable functions, which DROP FUNCTION means first.
 * @throws TargetError `statement/own-tables`, `statement/unknown-effect`
 */
async function requireStored(session: MariadbSession, program: StoredProgram): Promise<void> {
  const { kind, verb, name, bare } = program;
  if (kind === 'function' && verb === 'drop' && bare) {
    const text = `DROP FUNCTION drops a loadable function where there is one of that name, expected the name with its database: ${visible(name)}`;
    throw refusal('statement/unknown-effect', text);
  }
  if (kind !== 'trigger') return;
  const found = await session.own(
    `SELECT EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ? AND TRIGGER_NAME = ?`,
    placeOf(name),
  );
  if (found.some(([table]) => isOurs(textOf(table)))) throw ownTables();
}

function isTable(catalog: Catalog, name: string): boolean {
  const kind = catalog.tables.get(name)?.kind;
  return kind !== undefined && kind !== 'view';
}

/** The copy is of one database, and has none of our tables. */
function requirePlace(names: readonly string[], { currentSchema, lowerCaseTableNames }: Catalog): void {
  if (lowerCaseTableNames === 2) {
    const text =
      'server keeps names as they are written and finds them without case, so tables cannot be found by their names in the text';
    throw refusal('statement/unknown-effect', text);
  }
  for (const name of names) {
    const [database, table] = nameParts(name);
    if (table === undefined || database !== currentSchema) {
      throw refusal('statement/unknown-effect', `${visible(name)} is in another database than the target's`);
    }
    if (isOurs(table)) throw ownTables();
  }
}

function isOurs(table: string): boolean {
  return /^_countersign_/i.test(table);
}

function ownTables(): TargetError {
  return refusal('statement/own-tables', 'statement changes the tables of Countersign itself');
}

function refusal(
  code: 'statement/several' | 'statement/unknown-effect' | 'statement/own-tables',
  text: string,
): TargetError {
  return new TargetError(code, text, { statement: 0 });
}
