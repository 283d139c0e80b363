import { changedRows } from '@countersign/diff';
import { openTarget, type Target } from '@countersign/targets';
import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireAnswer, type Benchmark, type Comparison } from './benchmark.ts';
import { measure } from './measure.ts';

const tableRows = 100_000;

export const dryRunBenchmark: Benchmark = {
  name: 'dry-run',
  about: `an UPDATE of a table of ${tableRows} rows with its exact diff, against running it and rolling back`,
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
    const path = join(folder, 'accounts.db');
    fill(path);
    const target = openTarget({ name: 'accounts', url: `sqlite:${path}` });
    const database = new DatabaseSync(path, { enableForeignKeyConstraints: true });
    try {
      await target.prepare();
      const comparisons: Comparison[] = [];
      for (const rows of [1, 1000, tableRows]) comparisons.push(await compare(target, database, rows));
      return comparisons;
    } finally {
      database.close();
      await target.close();
      rmSync(folder, { recursive: true });
    }
  },
};

function fill(path: string): void {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA journal_mode = WAL;
    CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, balance INTEGER NOT NULL, note TEXT);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${tableRows})
    INSERT INTO accounts SELECT i, 'owner ' || i, i * 7 % 10007, 'opened in branch ' || (i % 40) FROM n`);
  database.close();
}

async function compare(target: Target, database: DatabaseSync, rows: number): Promise<Comparison> {
  const sql = `UPDATE accounts SET balance = balance + 1 WHERE id <= ${rows}`;
  const statements = [{ sql, params: [] }];
  const { diff } = await target.dryRun(statements);
  requireAnswer(changedRows(diff) === rows, `${rows} changed rows`);
  const update = database.prepare(sql);
  const sides = [
    { name: 'dryRun', run: () => target.dryRun(statements) },
    {
      name: 'the statement and a rollback',
      run: () => {
        database.exec('BEGIN IMMEDIATE');
        requireAnswer(Number(update.run().changes) === rows, `${rows} changed rows`);
        database.exec('ROLLBACK');
      },
    },
  ];
  const measured = await measure(sides, rows === tableRows ? { rounds: 5, roundMs: 0 } : { roundMs: 100 });
  return { title: `${rows} changed rows`, measured };
}
