import { sha256 } from '@countersign/codec';
import { encodeNote, type CloseKind } from '@countersign/ledger';
import { ExecutorError } from '../executor-error.ts';
import { noteText } from '../note-text.ts';
import type { RequestRow } from '../store/request-row.ts';
import type { World } from '../world.ts';
import { verdictBody } from './assess.ts';
import { requireSealed } from './known-request.ts';
import { record } from './record.ts';

/** Ends every request whose time has passed, by the executor's clock: pending ones after `review by`, approved ones after `run by`. */
export function closeDue(world: World): void {
  const now = world.clock();
  const due = world.store.database
    .prepare<[number, number], Uint8Array>(
      "SELECT id FROM request WHERE (state = 'pending' AND review_by < ?) OR (state = 'approved' AND run_by < ?)",
    )
    .pluck()
    .all(now, now);
  for (const id of due) {
    const row = world.store.request(id);
    if (row !== undefined) closeRequest(world, row, 'expired', 'executor', 'its time has passed');
  }
}

/**
 * Takes a request back. One whose executor died before it was sealed or answered is closed likewise.
 * @throws `request/state` when it no longer waits
 */
export function withdrawRequest(world: World, row: RequestRow, person: string, reason: string): void {
  switch (row.state) {
    case 'submitted': {
      closeUnsealed(world, row, reason);
      return;
    }
    case 'allowed': {
      closeUnread(world, row, reason);
      return;
    }
    default:
      closeSealed(world, row, person, reason);
  }
}

/** A dry run that never ended leaves a submission without a verdict: it gets one that denies. */
function closeUnsealed(world: World, row: RequestRow, reason: string): void {
  const intake = { hash: sha256(row.submission) };
  const { digest } = world.policy();
  record(world, (append, now) => {
    const said = { decision: 'deny', rules: ['withdrawn'], reason, policyDigest: digest } as const;
    const verdict = verdictBody(intake, said);
    append('verdict', verdict, row.id);
    world.store.move(row.id, 'submitted', 'withdrawn', { changedAt: now, verdict, detail: reason });
  });
}

/** A read that was allowed and never answered ends as failed. */
function closeUnread(world: World, row: RequestRow, reason: string): void {
  const submissionHash = sha256(row.submission);
  const note = {
    submissionHash,
    outcome: 'failed',
    rows: 0,
    size: 0,
    detail: noteText(reason),
  } as const;
  record(world, (append, now) => {
    append('read', encodeNote('read', note), row.id);
    world.store.move(row.id, 'allowed', 'failed', { changedAt: now, detail: reason });
  });
}

function closeSealed(world: World, row: RequestRow, person: string, reason: string): void {
  if (row.state !== 'pending' && row.state !== 'approved') {
    throw new ExecutorError('request/state', `a request that is ${row.state} cannot be withdrawn`);
  }
  closeRequest(world, row, 'withdrawn', person, reason);
}

function closeRequest(
  world: World,
  row: RequestRow,
  kind: Extract<CloseKind, 'withdrawn' | 'expired'>,
  by: string,
  reason: string,
): void {
  const { digest } = requireSealed(row);
  record(world, (append, now) => {
    append('closed', encodeNote('closed', { requestHash: digest, kind, by, reason }), row.id);
    world.store.move(row.id, row.state, kind, { changedAt: now, code: `request/${kind}`, detail: reason });
  });
}
