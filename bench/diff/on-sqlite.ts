import { openTarget } from '@countersign/targets';
import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableRows, type BenchedEngine } from './engine.ts';

/** SQLite in a file of its own, with a write-ahead log. */
export async function onSqlite(): Promise<BenchedEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const path = join(folder, 'accounts.db');
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: true });
  database.exec(`PRAGMA journal_mode = WAL;
    CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, balance INTEGER NOT NULL, note TEXT)`);
  const fill = (rows: number): void => {
    database.exec(`DELETE FROM accounts; WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
      INSERT INTO accounts SELECT i, 'owner ' || i, i * 7 % 10007, 'opened in branch ' || (i % 40) FROM n`);
  };
  fill(tableRows);
  const target = openTarget({ name: 'accounts', url: `sqlite:${path}` });
  await target.prepare();
  return {
    name: 'SQLite',
    target,
    fill,
    update: (rows) => `UPDATE accounts SET balance = balance + 1 WHERE id <= ${rows}`,
    plain: (sql) => {
      database.exec('BEGIN IMMEDIATE');
      const { changes } = database.prepare(sql).run();
      database.exec('ROLLBACK');
      return Number(changes);
    },
    locks: () => [
      `a read of the table ${outcomeOf(path, 'SELECT count(*) FROM accounts')}`,
      `a write to the database ${outcomeOf(path, 'BEGIN IMMEDIATE')}`,
    ],
    stop: async () => {
      database.close();
      await target.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function outcomeOf(path: string, sql: string): string {
  using other = new DatabaseSync(path, { timeout: 0 });
  try {
    other.prepare(sql).all();
    return 'goes on';
  } catch (error) {
    return `waits (${error instanceof Error ? error.message : 'refused'})`;
  }
}
