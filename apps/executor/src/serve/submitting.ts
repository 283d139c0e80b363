import { equalBytes, toHex } from '@countersign/codec';
import { encodeSubmission, type Submission } from '@countersign/messages';
import { ExitCode } from '@countersign/program';
import { submissionOfRow } from '../commands/describe.ts';
import { requestDocument } from '../commands/request-document.ts';
import type { Outcome } from '../commands/outcome.ts';
import { submittedDocument } from '../commands/submitted-document.ts';
import { withoutToken } from '../stages/context.ts';
import { pendingHelp, standingOf } from '../commands/waiting.ts';
import type { Intake } from '../stages/intake.ts';
import type { RequestRow } from '../store/request-row.ts';
import { isOpen } from '../store/schema.ts';
import { within } from '../within.ts';
import { ServeRefused } from './refusal.ts';
import type { Service } from './service.ts';
import type { InHand } from './submissions.ts';

/** An outcome, and whether more is to come of it without another call. */
export interface Reported extends Outcome {
  readonly id: Uint8Array;
  readonly finished: boolean;
}

export interface Submitting {
  /**
   * Whether the call, and not only the submission, is known to come from who submits. Every bundle carries the submission, so whoever
   * sends it again may be anybody.
   */
  readonly isOwn: boolean;
  readonly waitMs: number;
  /** Aborted when nobody waits any more. */
  readonly gone: AbortSignal;
  /** Called once it is certain that this submission is new and there is room for it. */
  readonly beforeWork: () => void;
}

/**
 * Submits, or finds what was submitted under the same id, and says how it stands after at most `waitMs`. What takes longer goes on.
 * @throws ServeRefused `serve/idempotency` when something else was submitted under this id, `serve/own-queue`, `serve/busy`; what the stages refuse with
 */
export async function submitOnce(
  { world, room, submissions }: Pick<Service, 'world' | 'room' | 'submissions'>,
  intake: Intake,
  { isOwn, waitMs, gone, beforeWork }: Submitting,
): Promise<Reported> {
  const { id } = intake.submission;
  const now = submissions.find(id);
  if (now !== undefined) {
    requireSame(now.intake.submission, now.intake.person.id, intake);
    return isOwn ? report(now, id, waitMs, gone) : { id, finished: false, ...beingWorkedOn(id) };
  }
  // Most are new, and of those no records have to be read.
  const row = world.store.stateOf(id) === undefined ? undefined : world.store.request(id);
  if (row !== undefined) {
    requireSame(submissionOfRow(row), row.submitter, intake);
    const before = isOwn ? submittedBefore(world, row) : stateAlone(row);
    return { id, finished: !isOpen(row.state), ...before };
  }
  room.require(intake.person.id);
  beforeWork();
  return report(submissions.begin(intake), id, waitMs, gone);
}

/** Whoever sends a submission again is answered as the first time; how it stands by now is what `wait` says. */
function submittedBefore(world: Service['world'], row: RequestRow): Outcome {
  if (row.state !== 'pending') return standing(world, row);
  const fields = { code: 'request/pending', ...pendingHelp(row.id), ...requestDocument(world, row) };
  return { exitCode: ExitCode.pending, fields };
}

/** Nothing but what the exit code says as well. */
function stateAlone(row: RequestRow): Outcome {
  const { id, state } = row;
  const exitCode = state === 'pending' ? ExitCode.pending : standingOf(row).exitCode;
  const fields = {
    code: `request/${state}`,
    state,
    requestId: toHex(id),
    message: 'this was submitted before',
    hint: 'sign the call to be told how it stands (docs/serving.md#signatures), or ask /v1/requests/{id}',
  };
  return { exitCode, fields };
}

/** Returns what `wait --json` says of a request as it stands. */
export function standing(world: Service['world'], row: RequestRow): Outcome {
  const { exitCode, code, message, hint } = standingOf(row);
  const said = exitCode === ExitCode.done ? {} : { message: row.detail ?? message, hint };
  return { exitCode, fields: { code, ...said, ...requestDocument(world, row) } };
}

async function report(inHand: InHand, id: Uint8Array, waitMs: number, gone: AbortSignal): Promise<Reported> {
  const ended = await within(inHand.ended, waitMs, gone);
  if (ended !== undefined) return { id, finished: ended.kind !== 'pending', ...submittedDocument(ended) };
  return { id, finished: false, ...beingWorkedOn(id) };
}

/** Returns what is said of a submission that has no verdict yet. */
export function beingWorkedOn(id: Uint8Array): Outcome {
  const message = 'the submission is being worked on';
  const fields = { code: 'request/submitted', state: 'submitted', requestId: toHex(id), message };
  return { exitCode: ExitCode.waitTimedOut, fields };
}

/** Time of making and token may differ between two tries of one call; what is asked for may not. */
function requireSame(one: Submission, by: string, { submission, person }: Intake): void {
  const plain = ({ context = [], ...rest }: Submission): Uint8Array => {
    const own = withoutToken(context);
    return encodeSubmission({ ...rest, madeAt: 0, ...(own.length > 0 ? { context: own } : {}) });
  };
  if (by === person.id && equalBytes(plain(one), plain(submission))) return;
  throw new ServeRefused(
    'serve/idempotency',
    'something else was submitted under this id or idempotency key',
    {
      hint: 'use another key for another submission',
    },
  );
}
