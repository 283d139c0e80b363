import { toHex } from '@countersign/codec';
import { invertDiff, undoStatements } from '@countersign/diff';
import { DiffError } from '@countersign/diff';
import type { Diff } from '@countersign/diff';
import { TargetError } from '@countersign/targets';
import type { DryRun } from '@countersign/targets';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Chance } from './chance.ts';
import { randomSchema, randomStatement } from './mariadb-random.ts';
import { compareDumps, dump, dumpTexts, linesOf, shops } from './mariadb-shop.ts';
import type { Dump, MariadbShop } from './mariadb-shop.ts';
import { statement } from './temporary-database.ts';

describe.each(shops)('%s', (_, startShop) => {
  /** Statements tried; `COUNTERSIGN_DIFFERENTIAL=3000` tries that many, `COUNTERSIGN_SEED` others. */
  const count = Number(process.env['COUNTERSIGN_DIFFERENTIAL'] ?? '60');
  const seed = Number(process.env['COUNTERSIGN_SEED'] ?? '1');
  const statementsOfSchema = 12;
  const limits = { rowsImagedMax: 100_000, imagedBytesMax: 1 << 26 };

  let shop: MariadbShop;
  let identity: Uint8Array;
  let queries: string;
  beforeAll(async () => {
    // What an UPDATE of several tables makes of a trigger may be a matter of the plan: that shall be the same twice.
    shop = await startShop(['--innodb-stats-auto-recalc=0']);
  }, 90_000);
  afterAll(() => shop.stop(), 60_000);

  async function remake(chance: Chance): Promise<void> {
    await shop.remake(randomSchema(chance));
    queries = dumpTexts(shop);
    identity = (await shop.target.inspect()).identity ?? new Uint8Array();
  }

  /** Really runs a text as a session of ours would; returns whether the engine took it. */
  function reallyRun(text: string): boolean {
    try {
      shop.sql(
        `SET NAMES utf8mb4 COLLATE utf8mb4_bin; SET sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'; ${text}`,
      );
      return true;
    } catch {
      return false;
    }
  }

  let jobs = 0;
  async function run(sql: string | ReturnType<typeof undoStatements>, digest: Uint8Array): Promise<string> {
    jobs += 1;
    const outcome = await shop.target.run({
      requestId: Buffer.alloc(16, `${seed} ${jobs} request`),
      requestDigest: new Uint8Array(32),
      statements: typeof sql === 'string' ? [statement(sql)] : sql,
      expectedDigest: digest,
      expectedIdentity: identity,
      startedAt: 1,
      limits,
    });
    if (outcome.kind === 'executed') expect(toHex(outcome.digest)).toBe(toHex(digest));
    return outcome.kind === 'failed' ? outcome.reason : outcome.kind;
  }

  /** Undoes a diff where its rows have keys; returns whether the rows are as they were. */
  async function undo(diff: Diff, before: Dump, label: string): Promise<boolean> {
    let statements: ReturnType<typeof undoStatements>;
    try {
      const parentsFirst = await shop.target.tablesParentsFirst();
      statements = undoStatements(diff, { dialect: 'mariadb', parentsFirst });
    } catch (cause) {
      if (cause instanceof DiffError) return false;
      throw cause;
    }
    const tried = await shop.target.dryRun(statements, limits).catch((cause: unknown) => cause);
    // Triggers and foreign keys act again when an undo runs: only one whose own diff is the inverse is whole.
    if (!isDryRun(tried)) return false;
    if (JSON.stringify(linesOf(tried.diff)) !== JSON.stringify(linesOf(invertDiff(diff)))) return false;
    expect(await run(statements, tried.digest), label).toBe('executed');
    expect(compareDumps(before, dump(shop, queries)), label).toEqual([]);
    return true;
  }

  function isDryRun(value: unknown): value is DryRun {
    return typeof value === 'object' && value !== null && 'digest' in value;
  }

  test(
    `the diff of a dry run is what really running it changes (seed ${seed}, ${count} statements)`,
    async () => {
      const chance = new Chance(seed);
      const seen = { taken: 0, changed: 0, drifted: 0, undone: 0 };
      for (let done = 0; done < count; done += 1) {
        if (done % statementsOfSchema === 0) await remake(chance);
        const sql = randomStatement(chance);
        const label = `seed ${seed}, statement ${done}: ${sql}`;
        const before = dump(shop, queries);
        const rehearsed = await shop.target.dryRun([statement(sql)], limits).catch((cause: unknown) => cause);
        if (rehearsed instanceof TargetError) {
          expect(rehearsed.code, `${label}: ${rehearsed.message}`).toMatch(
            /^statement\/(constraint|failed)$/,
          );
          expect(reallyRun(sql), `${label}: ${rehearsed.message}`).toBe(false);
          continue;
        }
        if (!isDryRun(rehearsed)) throw rehearsed as Error;
        const { diff, digest } = rehearsed;
        seen.taken += 1;
        if (done % 3 === 0) {
          const [first] = diff.tables;
          const row = first?.changes.find(({ before: old }) => old !== null)?.before;
          if (first !== undefined && row !== undefined && done % 2 === 0) {
            // A row that the statement is about to change is another by now.
            const column = first.columns.indexOf('v');
            const [key = 0] = first.key;
            const name = first.table.replace('shop.', '');
            const cell = row?.[key];
            const text = cell?.type === 'integer' || cell?.type === 'text' ? `'${cell.value}'` : 'NULL';
            if (column >= 0 && first.key.length === 1) {
              shop.sql(
                `UPDATE ${name} SET v = CONCAT(IFNULL(v, ''), '~') WHERE ${first.columns[key] ?? ''} = ${text}`,
              );
              const injected = dump(shop, queries);
              expect(await run(sql, digest), label).not.toBe('executed');
              expect(compareDumps(injected, dump(shop, queries)), label).toEqual([]);
              seen.drifted += 1;
              await remake(chance);
              continue;
            }
          }
          expect(await run(sql, digest), label).toBe('executed');
        } else expect(reallyRun(sql), label).toBe(true);
        const expected = compareDumps(before, dump(shop, queries));
        expect(linesOf(diff), label).toEqual(expected);
        if (expected.length > 0) {
          seen.changed += 1;
          if (done % 3 === 0 && (await undo(diff, before, label))) seen.undone += 1;
        }
      }
      // A generator that only makes statements without effect would prove nothing.
      expect(seen.taken).toBeGreaterThan(count / 2);
      expect(seen.changed).toBeGreaterThan(count / 4);
      expect(seen.drifted).toBeGreaterThan(0);
      expect(seen.undone).toBeGreaterThan(0);
      process.stdout.write(`${JSON.stringify({ seed, count, ...seen })}\n`);
    },
    Math.max(300_000, count * 6_000),
  );
});
