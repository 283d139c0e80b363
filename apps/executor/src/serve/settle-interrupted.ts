import { toHex } from '@countersign/codec';
import { failureOf } from '@countersign/program';
import { tryLock } from '../home/process-lock.ts';
import { requireSealed } from '../stages/known-request.ts';
import { requireRequest } from '../stages/request.ts';
import { settleAnswered } from '../stages/settle.ts';
import type { RequestRow } from '../store/request-row.ts';
import type { World } from '../world.ts';
import type { Log } from './log.ts';

const countMax = 10_000;

/**
 * Settles runs whose executor died, by the marker in their targets. One that a living process is at, or whose target gives no answer
 * now, stays as it is until this is called again; a target that gave none is not asked twice. Nothing is run.
 */
export async function settleInterrupted(world: World, log: Log, stopping: AbortSignal): Promise<void> {
  const silent = new Set<string>();
  for (const row of world.store.requests('running', countMax)) {
    if (stopping.aborted) return;
    if (!silent.has(row.target) && !(await settledOrLeft(world, log, row))) silent.add(row.target);
  }
}

/** Returns whether the next request of this target may be asked about. */
async function settledOrLeft(world: World, log: Log, { id }: RequestRow): Promise<boolean> {
  try {
    const lock = tryLock(world.paths.locks, toHex(id));
    if (lock === undefined) return true;
    try {
      const { row } = await settleAnswered(world, requireSealed(requireRequest(world, id)));
      log('info', 'settled', { requestId: toHex(id), state: row.state });
      return true;
    } finally {
      lock.release();
    }
  } catch (thrown) {
    const { code, message } = failureOf(thrown);
    log('warning', 'not-settled', { requestId: toHex(id), code, reason: message });
    return code === 'run/ambiguous';
  }
}
