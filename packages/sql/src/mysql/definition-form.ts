import type { Catalog } from '../catalog.ts';
import { SqlError } from '../error.ts';
import type { Facts, StatementFacts } from '../facts.ts';
import { ifExists } from './defined.ts';
import { tokensFrom } from './parser.ts';
import { partitionChange } from './partition-form.ts';
import type { PartitionChange } from './partition-form.ts';
import { storedProgram } from './program-form.ts';
import type { StoredProgram } from './program-form.ts';
import { scanMysql } from './scan.ts';
import type { Token } from './scan.ts';
import { Schema } from './schema.ts';
import type { Tokens } from './tokens.ts';

/** Returns the definitions of a MariaDB text. Each commits by itself, so it is tried on a copy of the schema. */
export function definitionsAlone({ dialect, parsed, statements }: Facts): readonly StatementFacts[] {
  if (dialect !== 'mariadb' || !parsed) return [];
  return statements.filter(({ effects, kind }) => effects.includes('ddl') || kind === 'truncate');
}

/** What becomes of columns and names of tables: what a schema before and after does not show by itself. */
export interface MysqlDefinitionForm {
  /** Columns that an ALTER TABLE drops, as the text writes them. */
  readonly drops: readonly string[];
  /** Columns that an ALTER TABLE gives another name: the old one and the new one. */
  readonly columnNames: readonly (readonly [from: string, to: string])[];
  /** Tables that get another name, qualified, in the order in which they do. */
  readonly tableNames: readonly (readonly [from: string, to: string])[];
  /** Whether the text itself says by which algorithm or under which lock a table is altered. */
  readonly saysHow: boolean;
  /** Whether it sets the counter of AUTO_INCREMENT. */
  readonly setsCounter: boolean;
  /** The trigger or routine that it makes or drops. */
  readonly program: StoredProgram | undefined;
  /** What an ALTER TABLE does to partitions; it does nothing else then. */
  readonly partitions: PartitionChange | undefined;
}

/**
 * Returns the form of one ALTER TABLE, RENAME TABLE, CREATE INDEX or DROP INDEX, and of CREATE and DROP of a TRIGGER, PROCEDURE or FUNCTION;
 * an empty one for any other statement. Undefined for an ALTER TABLE that may lose rows in a way that is not read here (IGNORE, partitions that
 * are exchanged or converted, periods, versioning), for a text that puts a table or a partition of one into a folder of its own, for a program of which it is not known
 * in whose name it will run, for a loadable function, for a sequence that replaces another
 * object, and for a text that cannot be read.
 */
export function mysqlDefinitionForm(
  sql: string,
  dialect: 'mysql' | 'mariadb',
  catalog: Catalog,
): MysqlDefinitionForm | undefined {
  const schema = new Schema(dialect, catalog);
  if (schema.modes === undefined) return undefined;
  const scan = scanMysql(sql, schema.modes);
  if (scan.refusal !== undefined || scan.tokens.some(isElsewhere)) return undefined;
  try {
    return formOf(tokensFrom(sql, scan, schema.modes), schema);
  } catch (error) {
    if (error instanceof SqlError) return undefined;
    throw error;
  }
}

/** `DATA DIRECTORY = '/path'`, also inside the parentheses of partitions; an index may be called `directory`. */
function isElsewhere({ lower }: Token, index: number, all: readonly Token[]): boolean {
  if ((lower !== 'data' && lower !== 'index') || all[index + 1]?.lower !== 'directory') return false;
  const after = all[index + 2];
  return after?.kind === 'text' || after?.text === '=';
}

/** A form while it is read. */
interface Found {
  readonly drops: string[];
  readonly columnNames: [string, string][];
  readonly tableNames: [string, string][];
  saysHow: boolean;
  setsCounter: boolean;
  program: StoredProgram | undefined;
  partitions: PartitionChange | undefined;
}

function formOf(tokens: Tokens, schema: Schema): MysqlDefinitionForm {
  while (tokens.acceptSymbol(';'));
  const found: Found = {
    drops: [],
    columnNames: [],
    tableNames: [],
    saysHow: false,
    setsCounter: false,
    program: undefined,
    partitions: undefined,
  };
  const { lower } = tokens.next();
  if (lower === 'alter' && (tokens.is('table') || tokens.peek().lower === 'table')) {
    alterations(tokens, schema, found);
  } else if (lower === 'rename' && (tokens.is('table') || tokens.is('tables'))) {
    names(tokens, schema, found);
  } else {
    if (lower === 'create' || lower === 'drop') found.program = storedProgram(tokens, schema, lower);
    // What is replaced may be a table, whose rows would go with it.
    if (lower === 'create' && tokens.acceptAll('or', 'replace', 'sequence')) tokens.fail();
    if (found.program === undefined) while (tokens.token.kind !== 'end') options(tokens, found);
  }
  while (tokens.acceptSymbol(';'));
  if (tokens.token.kind !== 'end') tokens.fail();
  return found;
}

/** RENAME TABLE a TO b, c TO d: each name is what the ones before have left. */
function names(tokens: Tokens, schema: Schema, found: Found): void {
  tokens.next();
  ifExists(tokens);
  tokens.list(() => {
    const from = qualifiedName(tokens, schema);
    waiting(tokens);
    tokens.expect('to');
    found.tableNames.push([from, qualifiedName(tokens, schema)]);
  });
}

function alterations(tokens: Tokens, schema: Schema, found: Found): void {
  // With IGNORE rows that stand in the way are dropped.
  tokens.accept('online');
  tokens.expect('table');
  ifExists(tokens);
  const table = qualifiedName(tokens, schema);
  waiting(tokens);
  if (tokens.atEnd) return;
  found.partitions = partitionChange(tokens);
  if (found.partitions !== undefined) return;
  tokens.list(() => {
    alteration(tokens, schema, found, table);
    rest(tokens, found);
  });
}

/** What an alteration of a table may begin with. */
const known: ReadonlySet<string> = new Set([
  'add', 'alter', 'algorithm', 'auto_increment', 'change', 'character', 'charset', 'collate', 'comment', 'convert', 'default', 'drop',
  'engine', 'force', 'key_block_size', 'lock', 'modify', 'nowait', 'page_checksum', 'page_compressed', 'page_compression_level', 'rename',
  'row_format', 'stats_auto_recalc', 'stats_persistent', 'stats_sample_pages',
]); // prettier-ignore

function alteration(tokens: Tokens, schema: Schema, found: Found, table: string): void {
  if (!tokens.isOneOf(known)) tokens.fail();
  if (tokens.accept('drop')) dropped(tokens, found);
  else if (tokens.accept('change')) {
    tokens.accept('column');
    ifExists(tokens);
    found.columnNames.push([tokens.identifier(), tokens.identifier()]);
  } else if (tokens.is('rename')) renamed(tokens, schema, found, table);
  else if (tokens.is('convert') && tokens.peek().lower !== 'to') tokens.fail();
}

/** What DROP may name beside a column; all of these are words that no column has without quotes. */
const notColumns: ReadonlySet<string> = new Set([
  'check',
  'constraint',
  'foreign',
  'index',
  'key',
  'primary',
]);

function dropped(tokens: Tokens, found: Found): void {
  if (tokens.isOneOf(notColumns)) return;
  tokens.accept('column');
  ifExists(tokens);
  if (tokens.isOneOf(losing)) tokens.fail();
  found.drops.push(tokens.identifier());
}

function renamed(tokens: Tokens, schema: Schema, found: Found, table: string): void {
  tokens.next();
  if (tokens.is('index') || tokens.is('key')) return;
  if (tokens.accept('column')) {
    ifExists(tokens);
    const from = tokens.identifier();
    tokens.expect('to');
    found.columnNames.push([from, tokens.identifier()]);
    return;
  }
  tokens.acceptOneOf('to', 'as');
  tokens.acceptSymbol('=');
  found.tableNames.push([table, qualifiedName(tokens, schema)]);
}

/** Words by which rows go with their partition, their period or their history, amid other alterations. */
const losing: ReadonlySet<string> = new Set([
  'partition',
  'partitions',
  'partitioning',
  'period',
  'system',
  'versioning',
]);

/** Walks to the next comma outside parentheses. */
function rest(tokens: Tokens, found: Found): void {
  while (!tokens.atEnd && !tokens.isSymbol(',')) {
    if (tokens.isOneOf(losing)) tokens.fail();
    options(tokens, found);
  }
}

function options(tokens: Tokens, found: Found): void {
  if (tokens.isSymbol('(')) {
    tokens.skipParentheses();
    return;
  }
  const { lower } = tokens.next();
  if (lower === 'algorithm' || lower === 'lock') found.saysHow = true;
  if (lower === 'auto_increment' && (tokens.isSymbol('=') || tokens.token.kind === 'number'))
    found.setsCounter = true;
}

function qualifiedName(tokens: Tokens, schema: Schema): string {
  return schema.qualify(tokens.name().parts, schema.catalog?.currentSchema);
}

/** `WAIT 5`, `NOWAIT`: how long it waits for whoever holds the table. */
function waiting(tokens: Tokens): void {
  if (tokens.acceptOneOf('wait', 'nowait') === 'wait') tokens.next();
}
