import { init as initSqlparser, parse as parseSqlparser } from '@guanmingchiu/sqlparser-ts';
import { Dialect as PolyglotDialect, parse as parsePolyglot } from '@polyglot-sql/sdk';
import { classify, provideParser } from '@countersign/sql';
import { postgresParser } from '@countersign/program';
import { loadModule, parseSync } from 'libpg-query';
import mariadb from 'node-sql-parser/build/mariadb.js';
import postgresql from 'node-sql-parser/build/postgresql.js';
import sqlite from 'node-sql-parser/build/sqlite.js';
import { parse as parseSqlite } from 'sqlite3-parser';
import type { EngineName } from './scripts.ts';

/** A parser that is measured: true when it takes a text; false, or an error, when not. */
export interface Reader {
  readonly name: string;
  readonly reads: (sql: string) => boolean;
}

type Make = (engine: EngineName) => Promise<Reader> | Reader;

const own: Record<EngineName, Make> = {
  postgres: async () => {
    await loadModule();
    return { name: 'libpg-query', reads: (sql) => parseSync(sql).version !== undefined };
  },
  mariadb: () => ours('our grammar, with its facts', 'mariadb'),
  sqlite: () => ({ name: 'sqlite3-parser', reads: (sql) => parseSqlite(sql).status === 'ok' }),
};

function ours(name: string, engine: EngineName): Reader {
  return { name, reads: (sql) => classify(sql, engine).parsed };
}

const READERS: readonly Make[] = [
  (engine) => own[engine](engine),
  (engine) => {
    provideParser(postgresParser);
    return ours('classify', engine);
  },
  async (engine) => {
    await initSqlparser();
    const dialect = ({ postgres: 'postgresql', mariadb: 'mysql', sqlite: 'sqlite' } as const)[engine];
    return { name: 'sqlparser-ts', reads: (sql) => Array.isArray(parseSqlparser(sql, dialect)) };
  },
  (engine) => {
    const dialect = {
      postgres: PolyglotDialect.PostgreSQL,
      mariadb: PolyglotDialect.MySQL,
      sqlite: PolyglotDialect.SQLite,
    }[engine];
    return { name: 'polyglot', reads: (sql) => parsePolyglot(sql, dialect).success };
  },
  (engine) => {
    const parser = new { postgres: postgresql, mariadb, sqlite }[engine].Parser();
    const database = { postgres: 'postgresql', mariadb: 'mariadb', sqlite: 'sqlite' }[engine];
    return { name: 'node-sql-parser', reads: (sql) => typeof parser.astify(sql, { database }) === 'object' };
  },
];

/** How many there are; they are numbered from 0. */
export const READER_COUNT: number = READERS.length;

export async function openReader(index: number, engine: EngineName): Promise<Reader> {
  const make = READERS[index];
  if (make === undefined) throw new Error(`no reader ${index}`);
  return make(engine);
}
