import { encodeNote } from '@countersign/ledger';
import { toHex, utf8Length } from '@countersign/codec';
import type { Cell, Diff } from '@countersign/diff';
import type { Request } from '@countersign/messages';
import type { Verdict } from '@countersign/policy';
import type { Facts } from '@countersign/sql';
import { TargetError, type ReadResult } from '@countersign/targets';
import type { RequestRow } from '../store/request-row.ts';
import type { RequestState } from '../store/schema.ts';
import { putTraceParent } from '../store/trace-parent.ts';
import { settleRows } from '../store/usage.ts';
import { ExecutorError } from '../executor-error.ts';
import { noteText } from '../note-text.ts';
import type { World } from '../world.ts';
import { withheld } from './withheld.ts';
import { assess, mayRunUnasked, verdictBody, type Assessment } from './assess.ts';
import { reserve } from './budget.ts';
import { rehearse, type Rehearsal } from './dry-run.ts';
import { takeIn, type Draft, type Identity, type Intake } from './intake.ts';
import { recordLook } from './look.ts';
import { maskedColumns, maskResult, type MaskedResult } from './mask.ts';
import { record } from './record.ts';
import { recordSoon } from './record-soon.ts';
import { seal } from './seal.ts';
import { requireSubmitter } from './submitter.ts';
import { requireTolerable } from './tolerance.ts';

/** How a submission ended, for now. */
export type Submitted =
  | {
      readonly kind: 'denied';
      readonly intake: Intake;
      readonly facts: Facts;
      readonly verdict: Verdict;
      readonly diff: Diff | null;
    }
  | {
      readonly kind: 'ran';
      readonly intake: Intake;
      readonly facts: Facts;
      readonly verdict: Verdict;
      readonly result: MaskedResult;
    }
  | {
      readonly kind: 'pending';
      readonly intake: Intake;
      readonly facts: Facts;
      readonly verdict: Verdict;
      readonly diff: Diff;
      readonly request: Request;
      /** SHA-256 of the signed request. */
      readonly digest: Uint8Array;
    };

/** What a submission would do, when only that was asked. */
export interface Preview {
  readonly facts: Facts;
  readonly verdict: Verdict;
  /** Null when policy denies it or lets it run unasked: nothing was tried then. */
  readonly diff: { readonly diff: Diff; readonly digest: Uint8Array } | null;
}

/** Signs a draft with the submitter's key and does what {@link submitIntake} does. */
export async function submitDraft(world: World, draft: Draft, identity: Identity): Promise<Submitted> {
  return submitIntake(world, takeIn(world, draft, identity));
}

/**
 * Takes a signed submission all the way to its verdict: denied, run behind the read-only wall, or sealed and waiting for approvers.
 * @throws whatever a stage refuses with; what was recorded until then stays recorded
 */
export function submitIntake(world: World, intake: Intake): Promise<Submitted> {
  const { id, target } = intake.submission;
  return world.trace.span('submit', { requestId: toHex(id), target }, async ({ say }) => {
    const submitted = await carryThrough(world, intake);
    say({ outcome: submitted.kind });
    return submitted;
  });
}

async function carryThrough(world: World, intake: Intake): Promise<Submitted> {
  const assessment = await assess(world, intake);
  const { verdict } = assessment;
  recordLook(world, assessment.look);
  if (verdict.decision !== 'deny') requireNames(assessment, verdict);
  const counted = { ...assessment, verdict: await recordCounted(world, intake, assessment) };
  if (counted.verdict.decision === 'deny')
    return { kind: 'denied', intake, facts: counted.facts, verdict: counted.verdict, diff: null };
  if (mayRunUnasked(counted)) return readUnasked(world, intake, counted);
  world.reached('submission-recorded');
  const rehearsal = await rehearseOrClose(world, intake, counted);
  if (rehearsal.verdict.decision === 'deny') {
    closeSubmitted(world, intake, rehearsal.verdict, 'denied', null);
    return {
      kind: 'denied',
      intake,
      facts: assessment.facts,
      verdict: rehearsal.verdict,
      diff: rehearsal.diff,
    };
  }
  const { facts } = assessment;
  const { diff } = rehearsal;
  const sealed = sealOrClose(world, intake, counted, rehearsal);
  if (sealed.kind === 'denied') return { kind: 'denied', intake, facts, verdict: sealed.verdict, diff };
  world.reached('request-sealed');
  const { request, digest, verdict: final } = sealed;
  return { kind: 'pending', intake, facts, verdict: final, diff, request, digest };
}

/** Does what {@link submitIntake} does up to the verdict, asks nobody, and records only that somebody looked. */
export function previewDraft(world: World, draft: Draft, identity: Identity): Promise<Preview> {
  const intake = takeIn(world, draft, identity);
  return world.trace.span('preview', { target: draft.target }, () => preview(world, intake));
}

async function preview(world: World, intake: Intake): Promise<Preview> {
  const { draft, person } = intake;
  const assessment = await assess(world, intake);
  const { facts } = assessment;
  recordLook(world, assessment.look);
  const texts = draft.statements.map(({ sql }) => sql).join('; ');
  const verdict = record(world, (append, now) => {
    const counted = reserve(world, intake, assessment, {
      before: assessment.verdict,
      rows: 0,
      usage: assessment.usage,
      now,
    });
    const text = noteText(`${counted.decision} on ${draft.target}: ${texts}`);
    append('operator', encodeNote('operator', { person: person.id, verb: 'dry-run', text }));
    return counted;
  });
  const counted = { ...assessment, verdict };
  if (verdict.decision === 'deny' || mayRunUnasked(counted)) return { facts, verdict, diff: null };
  const rehearsal = await rehearseWithheld(world, intake, counted);
  const { diff, carried } = rehearsal;
  requireNames(assessment, rehearsal.verdict);
  return { facts, verdict: rehearsal.verdict, diff: { diff, digest: carried.effect.diffDigest } };
}

/** @throws `configuration/mask` */
function requireMasks({ relations }: Assessment, verdict: Verdict): readonly string[] {
  return maskedColumns(verdict, relations);
}

/** @throws `configuration/mask`, `configuration/may-drift` */
function requireNames(assessment: Assessment, verdict: Verdict): void {
  requireMasks(assessment, verdict);
  requireTolerable(verdict, assessment.relations);
}

async function readUnasked(world: World, intake: Intake, assessment: Assessment): Promise<Submitted> {
  const { facts, verdict, target, relations } = assessment;
  const columns = requireMasks(assessment, verdict);
  world.reached('verdict-recorded');
  const { limits } = world.configuration;
  try {
    const bounds = {
      timeoutMs: limits.statementMs,
      rowsMax: limits.readRowsMax,
      bytesMax: limits.readBytesMax,
    };
    const result = await target.read(intake.submission.statements, bounds, world.policy().functions);
    await recordRead(world, intake, result, null);
    const shown = maskResult(result, facts, relations, columns);
    return { kind: 'ran', intake, facts, verdict, result: shown };
  } catch (error) {
    const shown = withheld(error, columns.length > 0);
    await recordRead(world, intake, null, shown);
    throw shown;
  }
}

function recordRead(
  world: World,
  intake: Intake,
  result: ReadResult | null,
  failure: unknown,
): Promise<void> {
  const rows = result?.results.reduce((sum, { rows: some }) => sum + some.length, 0) ?? 0;
  const detail = result === null ? messageOf(failure) : null;
  // The engine quotes values in its errors, and the ledger's entry of a read holds none, masked or not.
  const noted =
    failure instanceof TargetError ? `the database refused the read: ${failure.code}` : (detail ?? '');
  const note = {
    submissionHash: intake.hash,
    outcome: result === null ? ('failed' as const) : ('ran' as const),
    rows,
    size: result === null ? 0 : resultSize(result),
    detail: noteText(noted),
  };
  const { id } = intake.submission;
  return recordSoon(world, (append, now) => {
    append('read', encodeNote('read', note), id);
    settleRows(world.store, id, rows);
    world.store.move(id, 'allowed', result === null ? 'failed' : 'ran', { changedAt: now, detail });
  });
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : 'unknown';
}

async function rehearseWithheld(world: World, intake: Intake, assessment: Assessment): Promise<Rehearsal> {
  try {
    return await rehearse(world, intake, assessment);
  } catch (error) {
    throw withheld(error, requireMasks(assessment, assessment.verdict).length > 0);
  }
}

/** Bytes of all cells that were returned, texts in UTF-8 and numbers in their written form. */
function resultSize(result: ReadResult): number {
  const cells = result.results.flatMap(({ rows }) => rows.flat());
  return cells.reduce((sum, cell) => sum + cellSize(cell), 0);
}

function cellSize(cell: Cell): number {
  switch (cell.type) {
    case 'null':
      return 0;
    case 'bytes':
      return cell.value.length;
    case 'text':
    case 'number':
      return utf8Length(cell.value);
    case 'integer':
    case 'boolean':
      return String(cell.value).length;
  }
}

/**
 * Counts a submission and records it with the state that its verdict leads to, in one transaction; returns the verdict with
 * the budget as it stands there.
 */
function recordCounted(world: World, intake: Intake, assessment: Assessment): Promise<Verdict> {
  // Asked here: where several are recorded together, nobody is inside this one's span.
  const parent = world.trace.current();
  return recordSoon(world, (append, now) => {
    requireSubmitter(world, intake.kid, now);
    const { verdict: before, readRows, usage } = assessment;
    const verdict = reserve(world, intake, assessment, {
      before,
      usage,
      rows: mayRunUnasked(assessment) ? readRows : 0,
      now,
    });
    const state = stateOf(assessment, verdict);
    const body = verdictBody(intake, verdict);
    // First the state: what is told of an entry is told of a request that stands as it says.
    world.store.insertRequest(rowOf(world, intake, assessment, state, now, body));
    append('submission', intake.bytes, intake.submission.id);
    if (state !== 'submitted') append('verdict', body, intake.submission.id);
    putTraceParent(world.store, intake.submission.id, parent);
    return verdict;
  });
}

function stateOf(assessment: Assessment, verdict: Verdict): 'denied' | 'allowed' | 'submitted' {
  if (verdict.decision === 'deny') return 'denied';
  return mayRunUnasked({ ...assessment, verdict }) ? 'allowed' : 'submitted';
}

function closeSubmitted(
  world: World,
  intake: Intake,
  verdict: Verdict,
  state: 'denied' | 'failed',
  detail: string | null,
): void {
  const { id } = intake.submission;
  const body = verdictBody(intake, verdict);
  record(world, (append, now) => {
    world.store.move(id, 'submitted', state, { changedAt: now, verdict: body, detail });
    append('verdict', body, id);
  });
}

/** A dry run that fails ends the submission: recorded as a denial that says why, so that nothing stays half done. */
async function rehearseOrClose(world: World, intake: Intake, assessment: Assessment): Promise<Rehearsal> {
  try {
    const rehearsal = await rehearseWithheld(world, intake, assessment);
    requireNames(assessment, rehearsal.verdict);
    return rehearsal;
  } catch (error) {
    closeFailed(world, intake, assessment, ['dry-run', `the dry run failed: ${messageOf(error)}`]);
    throw error;
  }
}

/** What no request can be made of ends there too; a store that cannot be written leaves it open. */
function sealOrClose(
  world: World,
  intake: Intake,
  assessment: Assessment,
  rehearsal: Rehearsal,
): ReturnType<typeof seal> {
  try {
    return seal(world, intake, assessment, rehearsal);
  } catch (error) {
    if (error instanceof ExecutorError && error.code.startsWith('request/'))
      closeFailed(world, intake, assessment, [
        'request/not-made',
        `no request can be made of it: ${error.message}`,
      ]);
    throw error;
  }
}

/** Closes what no rule denied: `stage`, which ended it, stands where the name of a rule does. */
function closeFailed(
  world: World,
  intake: Intake,
  assessment: Assessment,
  [stage, why]: readonly [stage: 'dry-run' | 'request/not-made', why: string],
): void {
  const reason = noteText(why);
  const verdict: Verdict = {
    ...assessment.verdict,
    decision: 'deny',
    rules: [stage],
    reason,
    quorum: [],
  };
  closeSubmitted(world, intake, verdict, 'failed', reason);
}

function rowOf(
  world: World,
  intake: Intake,
  { factsBytes }: Assessment,
  state: RequestState,
  now: number,
  verdict: Uint8Array,
): RequestRow {
  const { submission, person, bytes, draft } = intake;
  return {
    id: submission.id,
    sequence: world.store.nextSequence(),
    state,
    target: submission.target,
    submitter: person.id,
    madeAt: now,
    changedAt: now,
    submission: bytes,
    facts: factsBytes,
    verdict,
    sealed: null,
    digest: null,
    entryIndex: null,
    pages: null,
    reviewBy: null,
    runBy: null,
    follows: draft.follows,
    attempt: 0,
    receipt: null,
    asRun: null,
    code: null,
    detail: null,
  };
}
