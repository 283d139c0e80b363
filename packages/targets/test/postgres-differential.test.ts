import { toHex } from '@countersign/codec';
import { DiffError, invertDiff, undoStatements } from '@countersign/diff';
import type { Cell, Diff } from '@countersign/diff';
import { TargetError } from '@countersign/targets';
import type { DryRun, DryRunLimits, RunJob, RunOutcome, Statement } from '@countersign/targets';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Chance } from './chance.ts';
import { compareDumps, dump, linesOf, textOf } from './postgres-dump.ts';
import type { Dump } from './postgres-dump.ts';
import { randomSchema, randomStatement } from './postgres-random.ts';
import { startShop } from './postgres-server.ts';
import type { Shop } from './postgres-server.ts';
import { jobFor, statement } from './temporary-database.ts';

/** Statements tried; `COUNTERSIGN_DIFFERENTIAL=3000` tries that many, `COUNTERSIGN_SEED` others. */
const count = Number(process.env['COUNTERSIGN_DIFFERENTIAL'] ?? '48');
const seed = Number(process.env['COUNTERSIGN_SEED'] ?? '1');
const statementsOfSchema = 12;

let shop: Shop;
let anyJob: RunJob;
beforeAll(async () => {
  // As sessions of ours are: what a text means, and how a value is written, is the same in those that really run it.
  shop = await startShop([], { keepSessions: true, settings: ['TimeZone=UTC'] });
  await shop.target.prepare();
  anyJob = await jobFor(shop.target, [statement('SELECT 1')], 1);
}, 60_000);
afterAll(() => shop.stop(), 60_000);

/** The ways in which changed rows are read: held at once, in order, looked up. `COUNTERSIGN_WAY` names the only one. */
const ways: Readonly<Record<string, Partial<DryRunLimits>>> = {
  held: { pagesScannedMax: Infinity, rowsHeldMax: 1_000_000 },
  ordered: { pagesScannedMax: Infinity, rowsHeldMax: 0 },
  'looked-up': { pagesScannedMax: -Infinity, rowsHeldMax: 1_000_000 },
};
const wayNames = Object.keys(ways).filter((name) => name === (process.env['COUNTERSIGN_WAY'] ?? name));

function limitsOf(turn: number): Partial<DryRunLimits> {
  const way = ways[wayNames[turn % wayNames.length] ?? ''];
  if (way === undefined) throw new Error('COUNTERSIGN_WAY names no way');
  return { rowsImagedMax: 100_000, imagedBytesMax: 1 << 26, ...way };
}

async function remake(chance: Chance): Promise<void> {
  await shop.sql('DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION owner');
  await shop.sql(randomSchema(chance).join(';'), 'owner');
}

/** Really runs a text; returns whether the engine took it. */
async function reallyRun(text: string): Promise<boolean> {
  return shop.sql(text, 'owner').then(
    () => true,
    () => false,
  );
}

/**
 * Has somebody else change or delete a row that a statement was seen to change; returns whether there was such a row and the engine
 * took it.
 */
async function disturb({ tables }: Diff, turn: number): Promise<boolean> {
  for (const { table, columns, key, changes } of tables) {
    const row = changes.find(({ before }) => before !== null)?.before;
    if (row === undefined || row === null || key.length === 0 || !columns.includes('v')) continue;
    const where = key.map((index) => `${columns[index] ?? ''} = '${literalOf(row[index])}'`).join(' AND ');
    const change =
      turn % 2 === 0 ? `UPDATE ONLY ${table} SET v = coalesce(v, '') || '~'` : `DELETE FROM ONLY ${table}`;
    const found = await shop.sql(`SELECT FROM ONLY ${table} WHERE ${where}`);
    expect(found.length, `${table} WHERE ${where}`).toBe(1);
    return reallyRun(`${change} WHERE ${where}`);
  }
  return false;
}

function literalOf(cell: Cell | undefined): string {
  return (textOf(cell ?? { type: 'null' }) ?? '').replaceAll("'", "''");
}

let jobs = 0;
async function run(statements: readonly Statement[], digest: Uint8Array, turn: number): Promise<RunOutcome> {
  jobs += 1;
  return shop.target.run({
    ...anyJob,
    statements,
    requestId: Buffer.alloc(16, `${seed} ${jobs} request`),
    expectedDigest: digest,
    limits: limitsOf(turn),
  });
}

function kindOf(outcome: RunOutcome): string {
  return outcome.kind === 'failed' ? outcome.reason : outcome.kind;
}

/** Undoes a diff; returns `undone`, and the rows are as they were, or why an undo would not be whole. */
async function undo(diff: Diff, before: Dump, label: string, turn: number): Promise<string> {
  let statements: readonly Statement[];
  try {
    const parentsFirst = await shop.target.tablesParentsFirst();
    statements = undoStatements(diff, { dialect: 'postgres', parentsFirst });
  } catch (cause) {
    if (cause instanceof DiffError) return cause.code;
    throw cause;
  }
  const tried = await shop.target.dryRun(statements, limitsOf(turn)).catch((cause: unknown) => cause);
  // Triggers and foreign keys act again when an undo runs: only one whose own diff is the inverse is whole.
  if (tried instanceof TargetError) {
    expect(tried.code, `${label}: ${tried.message}`).toMatch(/^statement\/(constraint|failed)$/);
    return tried.code;
  }
  if (!isDryRun(tried)) throw tried as Error;
  if (JSON.stringify(linesOf(tried.diff)) !== JSON.stringify(linesOf(invertDiff(diff)))) return 'other rows';
  expect(kindOf(await run(statements, tried.digest, turn + 1)), label).toBe('executed');
  expect(compareDumps(before, await dump(shop)), label).toEqual([]);
  return 'undone';
}

function isDryRun(value: unknown): value is DryRun {
  return typeof value === 'object' && value !== null && 'digest' in value;
}

/** Whether a run may give other values than its dry run: the engine makes them up, and a trigger keeps them bound. */
function mayDiffer(sql: string, { tables }: Diff): boolean {
  return /\bINTO m\b/.test(sql) && tables.every(({ generated }) => generated.length === 0);
}

test(
  `the diff of a dry run is what really running it changes (seed ${seed}, ${count} statements)`,
  async () => {
    const chance = new Chance(seed);
    let now = await dump(shop);
    const seen = { taken: 0, changed: 0, ran: 0, disturbed: 0, differed: 0 };
    const undos = new Map<string, number>();
    for (let done = 0; done < count; done += 1) {
      if (done % statementsOfSchema === 0) {
        await remake(chance);
        now = await dump(shop);
      }
      const sql = randomStatement(chance);
      const label = `seed ${seed}, statement ${done}: ${sql}`;
      const before = now;
      const rehearsed = await shop.target
        .dryRun([statement(sql)], limitsOf(done))
        .catch((cause: unknown) => cause);
      expect(compareDumps(before, await dump(shop)), label).toEqual([]);
      if (rehearsed instanceof TargetError) {
        expect(rehearsed.code, `${label}: ${rehearsed.message}`).toMatch(/^statement\/(constraint|failed)$/);
        expect(await reallyRun(sql), `${label}: ${rehearsed.message}`).toBe(false);
        continue;
      }
      if (!isDryRun(rehearsed)) throw rehearsed as Error;
      const { diff, digest } = rehearsed;
      seen.taken += 1;
      if (done % 4 === 3 && !/\bINTO m\b/.test(sql)) {
        expect(await reallyRun(sql), label).toBe(true);
        now = await dump(shop);
        expect(linesOf(diff), label).toEqual(compareDumps(before, now));
        continue;
      }
      if (done % 4 === 1 && (await disturb(diff, chance.below(2)))) {
        const disturbed = await dump(shop);
        expect(kindOf(await run([statement(sql)], digest, done + 1)), label).not.toBe('executed');
        now = await dump(shop);
        expect(compareDumps(disturbed, now), label).toEqual([]);
        seen.disturbed += 1;
        continue;
      }
      // Read another way than by the dry run.
      const outcome = await run([statement(sql)], digest, done + 1);
      now = await dump(shop);
      const changes = compareDumps(before, now);
      // The dry run took a number from the sequence, and a row may have the next one already.
      const isTaken =
        outcome.kind === 'failed' && outcome.code === 'statement/constraint' && /\bINTO m\b/.test(sql);
      if (isTaken || (outcome.kind === 'drifted' && mayDiffer(sql, diff))) {
        expect(changes, label).toEqual([]);
        seen.differed += 1;
        continue;
      }
      if (outcome.kind !== 'executed') throw new Error(`${label}: ${kindOf(outcome)}`);
      expect(toHex(outcome.digest), label).toBe(toHex(digest));
      expect(linesOf(outcome.effect), label).toEqual(changes);
      seen.ran += 1;
      if (changes.length === 0) continue;
      seen.changed += 1;
      if (done % 3 === 2) continue;
      const undone = await undo(outcome.effect, before, label, done + 2);
      undos.set(undone, (undos.get(undone) ?? 0) + 1);
      now = await dump(shop);
    }
    process.stdout.write(`${JSON.stringify({ seed, count, ...seen, ...Object.fromEntries(undos) })}\n`);
    // A generator that only makes statements without effect would prove nothing.
    expect(seen.taken).toBeGreaterThan(count / 2);
    expect(seen.changed).toBeGreaterThan(count / 5);
    expect(seen.disturbed).toBeGreaterThan(0);
    expect(undos.get('undone')).toBeGreaterThan(0);
  },
  Math.max(240_000, count * 20_000),
);
