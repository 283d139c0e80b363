import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Connection } from '../src/sqlite/connection.ts';
import { statement, temporaryDatabase } from './temporary-database.ts';

/** A change that does not fit the cache is half in the file when its process is killed. */
function killWriter(path: string): void {
  const code = `
    import { DatabaseSync } from 'node:sqlite';
    const database = new DatabaseSync(${JSON.stringify(path)});
    database.exec('PRAGMA cache_size = 10; BEGIN IMMEDIATE; UPDATE t SET b = b || b');
    process.kill(process.pid, 'SIGKILL');`;
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', code]);
  expect(signal).toBe('SIGKILL');
}

test('what a killed writer left in a file without a write-ahead log keeps nobody from reading it', async () => {
  const place = temporaryDatabase(
    `PRAGMA journal_mode = DELETE;
     CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT);
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO t SELECT i, hex(zeroblob(200)) FROM n`,
  );
  await place.target.prepare();
  const wanted = [['integer', 400]];
  for (const look of [
    () => place.target.inspect(),
    () => place.target.marker(new Uint8Array(16)),
    () => place.target.read([statement('SELECT max(length(b)) FROM t')]),
    () => place.target.dryRun([statement('DELETE FROM t WHERE a = 1')]),
  ]) {
    killWriter(place.path);
    expect(existsSync(`${place.path}-journal`)).toBe(true);
    await look();
    const { results } = await place.target.read([statement('SELECT max(length(b)) FROM t')]);
    const cells = results[0]?.rows[0]?.map((cell) => [
      cell.type,
      'value' in cell ? Number(cell.value) : null,
    ]);
    expect(cells).toEqual(wanted);
  }
  killWriter(place.path);
  const connection = new Connection(place.path, { readOnly: true, busyMs: 1_000 });
  expect(() => connection.run('DELETE FROM t')).toThrow(/readonly/);
  connection.close();
  await place.end();
});
