import { equalBytes, toHex } from '@countersign/codec';
import { toPages, type Diff } from '@countersign/diff';
import { encodeNote } from '@countersign/ledger';
import type { Request } from '@countersign/messages';
import type { RunOutcome, Target } from '@countersign/targets';
import { ExecutorError } from '../executor-error.ts';
import { takeLock } from '../home/process-lock.ts';
import type { RequestRow } from '../store/request-row.ts';
import type { World } from '../world.ts';
import { carryDiff } from './effect.ts';
import { closeDue } from './expire.ts';
import { requestOfRow, requireSealed, type SealedRow } from './known-request.ts';
import { requireReady, type Ready } from './ready.ts';
import { recordReceipt } from './receipt.ts';
import { record } from './record.ts';
import { requireRequest } from './request.ts';
import { rowsImagedSetting } from './seal.ts';
import { settle } from './settle.ts';

/** How a run ended. */
export type RunResult =
  | { readonly kind: 'executed'; readonly row: RequestRow; readonly request: Request }
  | {
      readonly kind: 'drifted';
      readonly row: RequestRow;
      readonly request: Request;
      /** What the statements would change now; null when they were not tried. */
      readonly diff: Diff | null;
      readonly reason: string;
    };

/**
 * Runs an approved request: at most once, in one transaction, and only if its effect is still the signed one.
 *
 * A request that was being run when its executor died is settled first, by the marker in the target.
 * @throws `run/…`, `request/…`; nothing was written to the target unless the code is `run/ambiguous`
 */
export async function runRequest(world: World, id: Uint8Array): Promise<RunResult> {
  const lock = takeLock(world.paths.locks, toHex(id), 0);
  try {
    closeDue(world);
    const before = requireSealed(requireRequest(world, id));
    const row = await settle(world, before);
    if (before.state === 'running' && row.state === 'executed')
      return { kind: 'executed', row, request: requestOfRow(row) };
    const ready = requireReady(world, row);
    recordIntent(world, row, ready);
    return await perform(world, requireSealed(requireRequest(world, id)), ready.request);
  } finally {
    lock.release();
  }
}

/** Logs that the run is about to begin; after this line a crash is settled by the marker. */
function recordIntent(world: World, row: SealedRow, { approvals, policyDigest }: Ready): void {
  const attempt = row.attempt + 1;
  const intent = {
    requestHash: row.digest,
    decisions: approvals.map(({ hash }) => hash),
    policyDigest,
    attempt,
  };
  record(world, (append, now) => {
    append('intent', encodeNote('intent', intent), row.id);
    world.store.move(row.id, 'approved', 'running', { changedAt: now, attempt });
  });
  world.reached('intent-recorded');
}

async function perform(world: World, row: SealedRow, request: Request): Promise<RunResult> {
  const target = world.target(request.target.name);
  const changed = await changeOf(target, request);
  if (changed !== undefined) return drift(world, row, request, null, changed);
  const outcome = await target.run({
    requestId: row.id,
    requestDigest: row.digest,
    statements: request.statements,
    expectedDigest: request.effect.diffDigest,
    expectedIdentity: request.target.identity,
    startedAt: row.changedAt,
    limits: signedLimits(world, request),
    onStep: world.reached,
  });
  world.reached('target-returned');
  return conclude(world, row, request, outcome);
}

async function conclude(
  world: World,
  row: SealedRow,
  request: Request,
  outcome: RunOutcome,
): Promise<RunResult> {
  switch (outcome.kind) {
    case 'executed': {
      const { effect } = carryDiff(outcome.effect, outcome.digest);
      recordReceipt(world, row, { outcome: 'executed', state: 'executed', code: null, effect, detail: null });
      return { kind: 'executed', row: requireRequest(world, row.id), request };
    }
    case 'drifted':
      return drift(
        world,
        row,
        request,
        outcome.diff,
        'what the statements change is no longer what was approved',
      );
    case 'already-ran': {
      const detail = 'the target says that this request ran before; it was not run again';
      recordReceipt(world, row, {
        outcome: 'failed',
        state: 'failed',
        code: 'run/replayed',
        effect: null,
        detail,
      });
      throw new ExecutorError('run/replayed', detail, {
        hint: 'this home may have been restored from an older copy: compare the ledgers',
      });
    }
    case 'failed':
      recordReceipt(world, row, {
        outcome: 'failed',
        state: 'failed',
        code: outcome.code,
        effect: null,
        detail: outcome.reason,
      });
      throw new ExecutorError('run/failed', `the database refused: ${outcome.reason}; nothing was written`);
    case 'ambiguous': {
      const settled = await settle(world, row);
      if (settled.state === 'executed') return { kind: 'executed', row: settled, request };
      throw new ExecutorError('run/failed', `the session was lost (${outcome.reason}); nothing was written`, {
        hint: 'run it again',
      });
    }
  }
}

/** Returns in words what makes the target another than the one signed, or undefined. */
async function changeOf(target: Target, request: Request): Promise<string | undefined> {
  const now = await target.inspect();
  if (now.identity === null || !equalBytes(now.identity, request.target.identity)) {
    return 'the target is another database than the approved one';
  }
  return equalBytes(now.schema, request.target.schema)
    ? undefined
    : 'the schema of the target has changed since the approval';
}

function signedLimits(
  world: World,
  request: Request,
): { readonly rowsImagedMax: number; readonly timeoutMs: number } {
  const signed = request.target.session.find(([name]) => name === rowsImagedSetting)?.[1];
  const { rowsImagedMax, statementMs } = world.configuration.limits;
  return { rowsImagedMax: signed === undefined ? rowsImagedMax : Number(signed), timeoutMs: statementMs };
}

function drift(world: World, row: SealedRow, request: Request, diff: Diff | null, reason: string): RunResult {
  recordReceipt(world, row, {
    outcome: 'drifted',
    state: 'drifted',
    code: 'run/drifted',
    effect: null,
    detail: reason,
    ...(diff === null ? {} : { asRun: toPages(diff) }),
  });
  return { kind: 'drifted', row: requireRequest(world, row.id), request, diff, reason };
}
