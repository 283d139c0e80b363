import { toHex } from '@countersign/codec';
import { failureOf } from '@countersign/program';
import { tryLock } from '../home/process-lock.ts';
import { requireSealed } from '../stages/known-request.ts';
import { requireRequest } from '../stages/request.ts';
import { settle } from '../stages/settle.ts';
import type { World } from '../world.ts';
import type { Log } from './log.ts';

const countMax = 10_000;

/**
 * Settles runs whose executor died, by the marker in their targets. One that a living process is at, or whose target cannot be
 * asked now, stays as it is: the next `run` asks again. Nothing is run.
 */
export async function settleInterrupted(world: World, log: Log): Promise<void> {
  for (const { id } of world.store.requests('running', countMax)) {
    const lock = tryLock(world.paths.locks, toHex(id));
    if (lock === undefined) continue;
    try {
      const { row } = await settle(world, requireSealed(requireRequest(world, id)));
      log('info', 'settled', { requestId: toHex(id), state: row.state });
    } catch (thrown) {
      const { code, message } = failureOf(thrown);
      log('warning', 'not-settled', { requestId: toHex(id), code, reason: message });
    } finally {
      lock.release();
    }
  }
}
