import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { classify } from '@countersign/sql';
import { observe } from './engine.ts';
// The lists themselves are not part of the room's interface; the engine is what they are held against.
import { functionKind, knownFunctions } from '../src/sqlite/functions.ts';
import { readablePragmas } from '../src/sqlite/pragmas.ts';

const db = new DatabaseSync(':memory:');
const names = (sql: string): string[] =>
  db
    .prepare(sql)
    .all()
    .map((row) => String(Object.values(row)[0]));
const builtIns = names('SELECT DISTINCT name FROM pragma_function_list WHERE builtin = 1');

test('every built-in of the engine was judged', () => {
  const unknown = builtIns.filter((name) => functionKind(name) === 'unknown').sort();
  // State of the connection, kept off the list on purpose.
  expect(unknown).toEqual(['changes', 'last_insert_rowid', 'total_changes']);
});

test('every function on the list is one of the engine, or known not to be', () => {
  const absent = [...knownFunctions()].filter(([name]) => !builtIns.includes(name)).map(([name]) => name);
  expect(absent.sort()).toEqual([
    'edit',
    'eval',
    'fts3_tokenizer',
    'optimize',
    'readfile',
    'soundex',
    'writefile',
  ]);
});

test('every pragma judged readable changes nothing', () => {
  const fixture = ['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)'];
  expect(readablePragmas().length).toBe(43);
  for (const name of readablePragmas()) {
    expect(classify(`PRAGMA ${name}`, 'sqlite').readOnly).toBe(true);
    expect([name, observe(fixture, `PRAGMA ${name}`).changed]).toEqual([name, false]);
  }
});

test('every other pragma of the engine is no read', () => {
  const others = names('SELECT name FROM pragma_pragma_list').filter(
    (name) => !readablePragmas().includes(name),
  );
  expect(others.length).toBeGreaterThan(15);
  for (const name of others) {
    expect([name, classify(`PRAGMA ${name}`, 'sqlite').readOnly]).toEqual([name, false]);
    expect([name, classify(`SELECT * FROM pragma_${name}`, 'sqlite').readOnly]).toEqual([name, false]);
  }
});
