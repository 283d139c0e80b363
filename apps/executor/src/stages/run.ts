import { equalBytes, toHex } from '@countersign/codec';
import { toPages, type Diff } from '@countersign/diff';
import { encodeNote } from '@countersign/ledger';
import type { Effect, Request } from '@countersign/messages';
import { bothTolerate, NO_TOLERANCE, type NamedTolerance } from '@countersign/policy';
import {
  changedParts,
  retryableCodes,
  type RunJob,
  type RunOutcome,
  type Target,
  type TargetFacts,
} from '@countersign/targets';
import { ExecutorError } from '../executor-error.ts';
import { takeLock } from '../home/process-lock.ts';
import type { RequestRow } from '../store/request-row.ts';
import { schemaParts } from '../store/target-schema.ts';
import { traceParentOf } from '../store/trace-parent.ts';
import type { World } from '../world.ts';
import { askAgain, type SaidAgain } from './ask-again.ts';
import { lockWait } from './dry-run.ts';
import { carryDiff } from './effect.ts';
import { closeDue } from './expire.ts';
import { requestOfRow, requireSealed, type SealedRow } from './known-request.ts';
import { masksIn } from './mask.ts';
import { requireReady, requireStanding, requireStillAllowed } from './ready.ts';
import { packPages, recordReceipt, withinTolerance, type Ending } from './receipt.ts';
import { record } from './record.ts';
import { requireRequest } from './request.ts';
import { rowsImagedSetting } from './seal.ts';
import { recordCutOff, settle } from './settle.ts';
import { isTolerant, toleratedBy } from './tolerance.ts';
import { wordsOfRefusal } from './withheld.ts';

/** Objects of a changed schema that are named. */
const partsNamedMax = 8;

/** How a run ended. */
export type RunResult =
  | { readonly kind: 'executed'; readonly row: RequestRow; readonly request: Request }
  | { readonly kind: 'drifted'; readonly row: RequestRow; readonly reason: string };

/**
 * Runs an approved request: at most once, in one transaction, and only if its effect is still the signed one.
 *
 * A request that was being run when its executor died is settled first, by the marker in the target.
 * @throws `run/…`, `request/…`; nothing was written to the target unless the code is `run/ambiguous`
 */
export function runRequest(world: World, id: Uint8Array): Promise<RunResult> {
  const requestId = toHex(id);
  return world.trace.span('run', { requestId }, async ({ say, link }) => {
    link(requestId, traceParentOf(world.store, id));
    const result = await runOnce(world, id);
    say({ target: result.row.target, outcome: result.kind });
    return result;
  });
}

async function runOnce(world: World, id: Uint8Array): Promise<RunResult> {
  const lock = takeLock(world.paths.locks, toHex(id), 0);
  try {
    closeDue(world);
    const before = requireSealed(requireRequest(world, id));
    const { row, ran } = await settle(world, before);
    if (ran) return { kind: 'executed', row, request: requestOfRow(row) };
    // Asked before the intent: a refusal here, or a target that cannot be reached, costs the request nothing.
    const said = await askAgain(world, row, requireStanding(world, row).request);
    const { request } = requireReady(world, row, said);
    const target = world.target(request.target.name);
    const found = await target.inspect();
    const changed = changeOf(world, found, request);
    const live =
      changed === undefined
        ? await requireStillAllowed(world, row, request, { now: found, said })
        : NO_TOLERANCE;
    const tolerance = bothTolerate(live, recordIntent(world, row, said));
    const begun = requireSealed(requireRequest(world, id));
    return await perform(world, begun, { request, target, changed, tolerance });
  } finally {
    lock.release();
  }
}

/**
 * Logs that the run is about to begin; after this line a crash is settled by the marker. Everything is asked again in the same
 * transaction: another process may have taken in a denial or a roster since. Returns what the run may do otherwise than signed.
 */
function recordIntent(world: World, { id }: SealedRow, said: SaidAgain): NamedTolerance {
  const ready = record(world, (append, now) => {
    const row = requireSealed(requireRequest(world, id));
    const { approvals, policyDigest, tolerance } = requireReady(world, row, said, now);
    const attempt = row.attempt + 1;
    const decisions = approvals.map(({ hash }) => hash);
    const intent = { requestHash: row.digest, decisions, policyDigest, attempt };
    append('intent', encodeNote('intent', intent), row.id);
    world.store.move(row.id, 'approved', 'running', { changedAt: now, attempt, asRun: null });
    return tolerance;
  });
  world.reached('intent-recorded');
  return ready;
}

interface Attempt {
  readonly request: Request;
  readonly target: Target;
  /** What makes the target another than the one signed, in words. */
  readonly changed: string | undefined;
  /** What the run may do otherwise than signed. */
  readonly tolerance: NamedTolerance;
}

async function perform(
  world: World,
  row: SealedRow,
  { request, target, changed, tolerance }: Attempt,
): Promise<RunResult> {
  if (changed !== undefined) return drift(world, row, null, changed);
  const tolerated = toleratedBy(row, request, tolerance);
  const outcome = await target.run({
    requestId: row.id,
    requestDigest: row.digest,
    statements: request.statements,
    expectedDigest: request.effect.diffDigest,
    ...(tolerated === undefined ? {} : { tolerated }),
    expectedIdentity: request.target.identity,
    startedAt: row.changedAt,
    limits: { ...signedLimits(world, request), ...lockWait(world, request.target.name) },
    ...(isTolerant(request) ? { beforeCommit: keeper(world, row) } : {}),
    onStep: world.reached,
  });
  world.reached('target-returned');
  return conclude(world, row, request, outcome);
}

/** Keeps what a run is about to commit: should the executor die now, the marker says that it ran and not which rows. */
function keeper({ store }: World, { id, attempt }: SealedRow): NonNullable<RunJob['beforeCommit']> {
  return ({ diff }) => {
    store.keepAsRun(id, attempt, packPages(toPages(diff, { generated: 'keep' })));
  };
}

async function conclude(
  world: World,
  row: SealedRow,
  request: Request,
  outcome: RunOutcome,
): Promise<RunResult> {
  switch (outcome.kind) {
    case 'executed': {
      const { effect } = carryDiff(outcome.effect, outcome.digest, request.effect);
      recordReceipt(world, row, {
        outcome: 'executed',
        state: 'executed',
        code: null,
        effect,
        ...ranOtherwise(outcome, request),
      });
      return { kind: 'executed', row: requireRequest(world, row.id), request };
    }
    case 'drifted':
      return drift(
        world,
        row,
        { diff: outcome.diff, effect: carryDiff(outcome.diff, outcome.digest).effect },
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
      if (retryableCodes.some((code) => code === outcome.code)) {
        recordCutOff(world, row);
        throw new ExecutorError('run/busy', `the run was given up: ${outcome.reason}; nothing was written`, {
          hint: 'run it again',
        });
      }
      const reason = wordsOfRefusal(outcome, masksIn(request.policy.obligations).length > 0);
      recordReceipt(world, row, {
        outcome: 'failed',
        state: 'failed',
        code: outcome.code,
        effect: null,
        detail: reason,
      });
      throw new ExecutorError('run/failed', `the database refused: ${reason}${nothingWritten(request)}`);
    case 'ambiguous': {
      const { row: settled, ran } = await settle(world, row);
      if (ran) return { kind: 'executed', row: settled, request };
      throw new ExecutorError('run/busy', `the session was lost (${outcome.reason}); nothing was written`, {
        hint: 'run it again',
      });
    }
  }
}

/** What runs outside transactions is not taken back when it fails. */
function nothingWritten({ effect }: Request): string {
  return effect.untried === true ? '' : '; nothing was written';
}

/**
 * Says that a run was not the signed one to the byte, and keeps its diff. Kept are also ids and times that the database made, which
 * stand in no signed diff: so that an undo can name their rows.
 */
function ranOtherwise(
  { effect, digest }: Extract<RunOutcome, { kind: 'executed' }>,
  request: Request,
): Pick<Ending, 'detail' | 'asRun'> {
  const same = equalBytes(digest, request.effect.diffDigest);
  const made = effect.tables.some(({ generated }) => generated.length > 0);
  return {
    detail: same ? null : withinTolerance,
    ...(made || !same ? { asRun: toPages(effect, { generated: 'keep' }) } : {}),
  };
}

/** Returns in words what makes the target another than the one signed, or undefined. */
function changeOf({ store }: World, now: TargetFacts, request: Request): string | undefined {
  if (now.identity === null || !equalBytes(now.identity, request.target.identity)) {
    return 'the target is another database than the approved one';
  }
  if (equalBytes(now.schema, request.target.schema)) return undefined;
  const before = schemaParts(store, request.target.schema);
  const changed = before === undefined ? [] : changedParts(before, now.parts);
  const more = changed.length - partsNamedMax;
  const named = [...changed.slice(0, partsNamedMax), ...(more > 0 ? [`${more} more`] : [])].join(', ');
  return `the schema of the target is no longer the approved one: ${named === '' ? 'in what is not known here' : named}`;
}

function signedLimits(
  world: World,
  request: Request,
): { readonly rowsImagedMax: number; readonly timeoutMs: number; readonly aloneMs: number } {
  const signed = request.target.session.find(([name]) => name === rowsImagedSetting)?.[1];
  const { rowsImagedMax, statementMs, aloneMs } = world.configuration.limits;
  return {
    rowsImagedMax: signed === undefined ? rowsImagedMax : Number(signed),
    timeoutMs: statementMs,
    aloneMs,
  };
}

/** Records that nothing was written, with what the statements would have changed when they were tried. */
function drift(
  world: World,
  row: SealedRow,
  tried: { readonly diff: Diff; readonly effect: Effect } | null,
  reason: string,
): RunResult {
  recordReceipt(world, row, {
    outcome: 'drifted',
    state: 'drifted',
    code: 'run/drifted',
    effect: tried?.effect ?? null,
    detail: reason,
    ...(tried === null ? {} : { asRun: toPages(tried.diff) }),
  });
  return { kind: 'drifted', row: requireRequest(world, row.id), reason };
}
