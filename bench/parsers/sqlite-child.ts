/** Reads scripts from standard input, runs each on an empty database, and writes its name, then a trial a line. */
import { mkdirSync, readFileSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Script } from './scripts.ts';
import { claimOf, differences } from './trial.ts';
import type { Trial } from './trial.ts';

const SYNTAX_ERROR = /: syntax error$|^unrecognized token|^incomplete input/;
/** One pragma after the other, because some of them answer nothing. */
const PRAGMAS = [
  'foreign_keys',
  'recursive_triggers',
  'user_version',
  'writable_schema',
  'cache_size',
  'query_only',
];
const ROWS_MAX = 100_000;

const scripts = JSON.parse(readFileSync(0, 'utf8')) as readonly Script[];
for (const [index, script] of scripts.entries()) {
  say(script.name);
  mkdirSync(`${index}`);
  process.chdir(`${index}`);
  const database = new DatabaseSync('test.db', { enableDoubleQuotedStringLiterals: true });
  database.exec('PRAGMA synchronous = OFF');
  for (const sql of script.statements) say(tried(database, script, sql));
  database.close();
  process.chdir('..');
}

function say(line: string | Trial): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

function tried(database: DatabaseSync, script: Script, sql: string): Trial {
  const claim = claimOf(sql, 'sqlite');
  const before = claim.readOnly ? look(database) : undefined;
  const error = run(database, sql);
  const changed = before === undefined ? [] : differences(before, look(database));
  const accepted = error === undefined || !SYNTAX_ERROR.test(error);
  return {
    script: script.name,
    sql,
    accepted,
    usualMode: true,
    claim,
    watched: before !== undefined,
    changed,
  };
}

function run(database: DatabaseSync, sql: string): string | undefined {
  try {
    const rows = database.prepare(sql).iterate();
    for (let left = ROWS_MAX; left > 0 && rows.next().done !== true;) left -= 1;
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : 'refused';
  }
}

function look(database: DatabaseSync): ReadonlyMap<string, string> {
  const ask = (sql: string): string => {
    try {
      return JSON.stringify(database.prepare(sql).all());
    } catch (thrown) {
      return String(thrown);
    }
  };
  return new Map([
    ['rows', ask('SELECT total_changes()')],
    ['schema', ask('SELECT type, name, sql FROM sqlite_schema')],
    ['temporary schema', ask('SELECT type, name, sql FROM sqlite_temp_schema')],
    ['databases', ask('PRAGMA database_list')],
    ['transaction', String(database.isTransaction)],
    ...PRAGMAS.map((name): [string, string] => [name, ask(`PRAGMA ${name}`)]),
  ]);
}
