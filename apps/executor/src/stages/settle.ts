import { CodecError, equalBytes, toHex } from '@countersign/codec';
import { DiffError, fromPages, pagesDigest } from '@countersign/diff';
import { encodeNote } from '@countersign/ledger';
import type { Effect } from '@countersign/messages';
import { TargetError } from '@countersign/targets';
import { ExecutorError } from '../executor-error.ts';
import { takeLock } from '../home/process-lock.ts';
import type { World } from '../world.ts';
import { carryDiff } from './effect.ts';
import { splitPages } from './export.ts';
import { requestOfRow, requireSealed, type SealedRow } from './known-request.ts';
import { lastIntent, recordReceipt, withinTolerance, type Ending } from './receipt.ts';
import { record } from './record.ts';
import { requireRequest } from './request.ts';
import { isTolerant } from './tolerance.ts';

/** A request whose run is no longer open, and whether its marker was found now. */
export interface Settled {
  readonly row: SealedRow;
  readonly ran: boolean;
}

/**
 * Settles a request whose run was cut off: its marker in the target is there exactly when it ran.
 *
 * The caller holds the request's lock, so whoever ran it is gone. Without a marker the request is approved again;
 * the ledger keeps that an attempt was made.
 * @throws `run/busy` when the target has no time to answer, `run/ambiguous` when it cannot be asked
 */
export async function settle(world: World, row: SealedRow): Promise<Settled> {
  return settleBy(world, row, markerOf);
}

/**
 * Does what {@link settle} does when the target answers. When it gives none, the request stays as it is.
 * @throws whatever the target refuses with, `target/changed`; `run/ambiguous` when the target cannot say
 */
export async function settleAnswered(world: World, row: SealedRow): Promise<Settled> {
  return settleBy(world, row, readMarker);
}

async function settleBy(world: World, row: SealedRow, read: typeof readMarker): Promise<Settled> {
  if (row.state !== 'running' && row.state !== 'ambiguous') return { row, ran: false };
  const found = await read(world, row);
  const ran = hasRun(world, row, found.kind);
  if (row.state === 'ambiguous') {
    const detail = 'settled by the marker in the target';
    const done = ran ? whatRan(world, row, found, detail) : { effect: null, detail };
    const outcome = ran ? 'resolved-ran' : 'resolved-did-not-run';
    recordReceipt(world, row, { outcome, state: 'resolved', code: null, ...done });
  } else if (ran) {
    const done = whatRan(world, row, found, 'settled by the marker after the executor was cut off');
    recordReceipt(world, row, { outcome: 'executed', state: 'executed', code: null, ...done });
  } else {
    recordCutOff(world, row);
  }
  return { row: requireSealed(requireRequest(world, row.id)), ran };
}

/**
 * Without a tolerance a run that committed did what was signed. With one it is known by what was kept before the commit, and
 * only when that can be read and is of the attempt whose marker was found; else nobody says which rows they were.
 */
function whatRan(
  world: World,
  row: SealedRow,
  { startedAt }: Found,
  detail: string,
): Pick<Ending, 'effect' | 'asRun' | 'detail'> {
  const request = requestOfRow(row);
  if (!isTolerant(request)) return { effect: request.effect, detail };
  const { asRun: bytes } = requireRequest(world, row.id);
  const isOfThisRun = bytes !== null && lastIntent(world, row).startedAt === startedAt;
  const kept = isOfThisRun ? readKept(bytes) : undefined;
  if (kept === undefined) {
    const unknown = 'within what the request lets differ, its exact rows are not known';
    return { effect: null, detail: `${detail}; ${unknown}` };
  }
  const same = equalBytes(kept.effect.diffDigest, request.effect.diffDigest);
  return { ...kept, detail: same ? detail : `${detail}; ${withinTolerance}` };
}

interface Kept {
  readonly effect: Effect;
  readonly asRun: readonly Uint8Array[];
}

/** What was kept before the commit; undefined when it is damaged, so that no request stays running for ever. */
function readKept(bytes: Uint8Array): Kept | undefined {
  try {
    const asRun = splitPages(bytes);
    const digest = pagesDigest(asRun);
    const { effect } = carryDiff(fromPages(asRun, digest, { generated: 'keep' }), digest);
    return { asRun, effect };
  } catch (error) {
    if (error instanceof DiffError || error instanceof CodecError) return undefined;
    throw error;
  }
}

/** Records that an attempt left nothing behind, and makes the request approved again. */
export function recordCutOff(world: World, row: SealedRow): void {
  const text = `attempt ${row.attempt} of ${toHex(row.id)} left no marker: it did not run`;
  record(world, (append, now) => {
    append('operator', encodeNote('operator', { person: 'executor', verb: 'run-cut-off', text }));
    world.store.move(row.id, 'running', 'approved', { changedAt: now, asRun: null });
  });
}

/** What the marker says, and when the run began that set it. */
interface Found {
  readonly kind: 'ran' | 'absent' | 'begun';
  readonly startedAt?: number;
}

function hasRun(world: World, row: SealedRow, found: Found['kind']): boolean {
  if (found !== 'begun') return found === 'ran';
  recordAmbiguous(world, row, 'the statement was sent outside any transaction and its answer is lost');
  throw new ExecutorError(
    'run/ambiguous',
    'the statement was sent outside any transaction and its answer is lost: the database cannot say how it ended',
    {
      hint: 'look into the database, then say what you found with `countersign resolve`; it is never sent again',
    },
  );
}

async function markerOf(world: World, row: SealedRow): Promise<Found> {
  try {
    return await readMarker(world, row);
  } catch (cause) {
    if (cause instanceof TargetError && cause.retryable) {
      throw new ExecutorError(
        'run/busy',
        'the run was cut off and the target is too busy to say whether it ran',
        {
          cause,
          hint: 'run it again, which asks first',
        },
      );
    }
    recordAmbiguous(world, row, 'the run was cut off and the target cannot be asked');
    throw new ExecutorError(
      'run/ambiguous',
      'the run was cut off and the target cannot be asked whether it ran',
      {
        cause,
        hint: 'bring the target back and run it again, which asks first; or look for yourself and use `countersign resolve`',
      },
    );
  }
}

function recordAmbiguous(world: World, row: SealedRow, detail: string): void {
  if (row.state !== 'running') return;
  const ending = { outcome: 'ambiguous', state: 'ambiguous', code: 'run/ambiguous', effect: null } as const;
  recordReceipt(world, row, { ...ending, detail });
}

async function readMarker(world: World, row: SealedRow): Promise<Found> {
  const request = requestOfRow(row);
  const target = world.target(request.target.name);
  const { identity } = await target.inspect();
  if (identity === null || !equalBytes(identity, request.target.identity)) {
    throw new ExecutorError('target/changed', 'the target is another database than the one the run began on');
  }
  const marker = await target.marker(row.id);
  if (marker.kind === 'absent' || !equalBytes(marker.requestDigest, row.digest)) return { kind: 'absent' };
  return { kind: marker.kind === 'present' ? 'ran' : 'begun', startedAt: marker.startedAt };
}

/**
 * Records what a person found out about a run whose outcome cannot be proved. The marker goes before the person:
 * where it can be read, it decides.
 * @throws `request/state` when there is nothing to resolve
 */
export async function resolveRequest(
  world: World,
  id: Uint8Array,
  finding: { readonly ran: boolean; readonly person: string; readonly reason: string },
): Promise<{ readonly row: SealedRow; readonly by: 'marker' | 'person' }> {
  const lock = takeLock(world.paths.locks, toHex(id), 0);
  try {
    const row = requireSealed(requireRequest(world, id));
    if (row.state !== 'ambiguous' && row.state !== 'running') {
      throw new ExecutorError('request/state', `a request that is ${row.state} has nothing to resolve`);
    }
    if (await settledByMarker(world, row))
      return { row: requireSealed(requireRequest(world, id)), by: 'marker' };
    const ambiguous = requireSealed(requireRequest(world, id));
    const outcome = finding.ran ? 'resolved-ran' : 'resolved-did-not-run';
    const detail = `${finding.person}: ${finding.reason}`;
    recordReceipt(world, ambiguous, { outcome, state: 'resolved', code: null, effect: null, detail });
    return { row: requireSealed(requireRequest(world, id)), by: 'person' };
  } finally {
    lock.release();
  }
}

async function settledByMarker(world: World, row: SealedRow): Promise<boolean> {
  try {
    await settle(world, row);
    return true;
  } catch (error) {
    if (error instanceof ExecutorError && error.code === 'run/ambiguous') return false;
    throw error;
  }
}
