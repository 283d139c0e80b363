import { utf8Length } from '@countersign/codec';
import { assemble, unreadText } from './assemble.ts';
import type { TextFacts } from './assemble.ts';
import type { Catalog } from './catalog.ts';
import type { Dialect, Facts } from './facts.ts';
import type { HazardCode } from './hazards.ts';
import { LIMITS } from './limits.ts';
import { classifyMysql } from './mysql/classify.ts';
import { Schema as MysqlSchema } from './mysql/schema.ts';
import { classifyPostgres } from './postgres/classify.ts';
import { warmParser } from './postgres/parser.ts';
import { Schema as PostgresSchema } from './postgres/schema.ts';
import { classifySqlite, sqliteSchema } from './sqlite/classify.ts';

/**
 * Says what a text does: right or `unknown`, never a guess. With a catalogue views, triggers and
 * cascades are followed and nothing is assumed. See docs/spec/facts.md.
 */
export function classify(sql: string, dialect: Dialect, catalog?: Catalog): Facts {
  return classifyTexts([sql], dialect, catalog);
}

/** The same for the texts of one submission, which run in their order. */
export function classifyTexts(texts: readonly string[], dialect: Dialect, catalog?: Catalog): Facts {
  const reader = readerOf(dialect, catalog);
  return limited(
    dialect,
    texts.map((sql, text): TextFacts => {
      const refusal = atTheDoor(sql);
      if (refusal !== undefined) return refused(sql, text, refusal);
      return readWhole(reader, sql, text);
    }),
  );
}

type Reader = (sql: string, text: number) => TextFacts;

function readerOf(dialect: Dialect, catalog: Catalog | undefined): Reader {
  switch (dialect) {
    case 'sqlite':
      return sqliteReader(catalog);
    case 'postgres':
      return postgresReader(catalog);
    case 'mysql':
    case 'mariadb':
      return mysqlReader(dialect, catalog);
    default:
      return dialect satisfies never;
  }
}

function postgresReader(catalog: Catalog | undefined): Reader {
  const schema = new PostgresSchema(catalog);
  return (sql, text) => classifyPostgres(sql, text, schema);
}

function mysqlReader(dialect: Dialect, catalog: Catalog | undefined): Reader {
  const schema = new MysqlSchema(dialect, catalog);
  return (sql, text) => classifyMysql(sql, text, schema);
}

/**
 * Makes the parsers of these dialects ready now; without it the first text of a dialect waits for its parser.
 * @throws SqlError `sql/no-parser` when a dialect needs one that `provideParser` was not given, `sql/parser-malformed`
 */
export function prepareClassifier(dialects: readonly Dialect[]): void {
  if (dialects.includes('postgres')) warmParser();
}

function sqliteReader(catalog: Catalog | undefined): Reader {
  const schema = sqliteSchema(catalog);
  return (sql, text) => classifySqlite(sql, text, schema);
}

/** Views that stand on views without end are followed as deep as the stack is; what lies deeper is unknown. */
function readWhole(reader: Reader, sql: string, text: number): TextFacts {
  try {
    return reader(sql, text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return refused(sql, text, 'text-too-deep');
  }
}

/** Why a text is not even looked at, or undefined. */
function atTheDoor(sql: string): HazardCode | undefined {
  if (sql.length > LIMITS.textBytesMax) return 'text-too-long';
  if (!sql.isWellFormed()) return 'text-not-unicode';
  if (sql.includes('\0')) return 'text-nul';
  return utf8Length(sql) > LIMITS.textBytesMax ? 'text-too-long' : undefined;
}

function refused(sql: string, text: number, code: HazardCode): TextFacts {
  return unreadText(sql, text, [{ code, text, offset: 0, length: 0 }]);
}

function limited(dialect: Dialect, texts: readonly TextFacts[]): Facts {
  const count = texts.reduce((sum, text) => sum + text.statements.length, 0);
  if (count <= LIMITS.statementsMax) return assemble(dialect, texts);
  const unread = texts.map((facts, text) =>
    unreadText(facts.statements[0]?.sql ?? '', text, [
      { code: 'too-many-statements', text, offset: 0, length: 0 },
    ]),
  );
  return assemble(dialect, unread.slice(0, LIMITS.statementsMax));
}
