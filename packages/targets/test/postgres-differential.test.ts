import { toHex } from '@countersign/codec';
import { TargetError, type DryRunLimits } from '@countersign/targets';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareDumps, dump, linesOf } from './postgres-dump.ts';
import { Chance, randomSchema, randomStatement } from './postgres-random.ts';
import { startShop } from './postgres-server.ts';
import type { Shop } from './postgres-server.ts';
import { jobFor, statement } from './temporary-database.ts';

/** Statements tried; `COUNTERSIGN_DIFFERENTIAL=3000` tries that many, `COUNTERSIGN_SEED` others. */
const count = Number(process.env['COUNTERSIGN_DIFFERENTIAL'] ?? '120');
const seed = Number(process.env['COUNTERSIGN_SEED'] ?? '1');
const statementsOfSchema = 12;

let shop: Shop;
beforeAll(async () => {
  shop = await startShop([], { keepSessions: true });
  await shop.target.prepare();
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

test(
  `the diff of a dry run is what really running it changes (seed ${seed}, ${count} statements)`,
  async () => {
    const chance = new Chance(seed);
    const anyJob = await jobFor(shop.target, [statement('SELECT 1')], 1);
    let now = await dump(shop);
    let taken = 0;
    let changed = 0;
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
        expect(rehearsed.code, label).toMatch(/^statement\/(constraint|failed)$/);
        expect(await reallyRun(sql), label).toBe(false);
        continue;
      }
      if (rehearsed instanceof Error) throw rehearsed;
      const { diff, digest } = rehearsed as Awaited<ReturnType<typeof shop.target.dryRun>>;
      taken += 1;
      if (done % 4 === 0) {
        const outcome = await shop.target.run({
          ...anyJob,
          statements: [statement(sql)],
          requestId: Buffer.alloc(16, `${seed} ${done}`),
          expectedDigest: digest,
          // Read another way than by the dry run.
          limits: limitsOf(done + 1),
        });
        expect(outcome.kind === 'failed' ? outcome.reason : outcome.kind, label).toBe('executed');
        expect(toHex(outcome.kind === 'executed' ? outcome.digest : new Uint8Array()), label).toBe(
          toHex(digest),
        );
      } else expect(await reallyRun(sql), label).toBe(true);
      now = await dump(shop);
      const expected = compareDumps(before, now);
      expect(linesOf(diff), label).toEqual(expected);
      if (expected.length > 0) changed += 1;
    }
    // A generator that only makes statements without effect would prove nothing.
    expect(taken).toBeGreaterThan(count / 2);
    expect(changed).toBeGreaterThan(count / 4);
  },
  Math.max(240_000, count * 20_000),
);
