import { TargetError } from '@countersign/targets';
import { readPlace } from '../src/postgres/marker.ts';
import type { Bounds, Standing } from '../src/postgres/reader.ts';
import { PostgresSession } from '../src/postgres/session.ts';
import { trapFixture } from './postgres-fixture.ts';
import { startShop } from './postgres-server.ts';
import type { Shop } from './postgres-server.ts';

/** Bounds of a read in a test. */
export const bounds = (): Bounds => ({ busyMs: 1_000, leftMs: 10_000 });

/** A database full of traps whose reader may make temporary objects, and what a read of it is judged for. */
export async function startTraps(): Promise<{ readonly shop: Shop; readonly standing: Standing }> {
  const shop = await startShop(trapFixture, { keepSessions: true });
  await shop.sql('GRANT TEMPORARY ON DATABASE shop TO reader');
  await shop.sql('CREATE ROLE guest');
  const session = await PostgresSession.open(shop.account('owner'));
  const standing = { path: 'public', place: await readPlace(session) };
  await session.close();
  return { shop, standing };
}

/** The code that something ends with, `nothing` when it is not refused. */
export async function codeOrNothing(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'nothing';
  } catch (cause) {
    if (cause instanceof TargetError) return cause.code;
    throw cause;
  }
}
