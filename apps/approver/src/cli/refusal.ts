import { ApprovalError } from '../core/approval-error.ts';
import { CodecError } from '@countersign/codec';
import { DiffError } from '@countersign/diff';
import { MessageError } from '@countersign/messages';
import { SqlError } from '@countersign/sql';
import { describeRefusal, explain } from '@countersign/wording';
import { ExitCode, type ProgramRun } from '@countersign/program';
import { ApproverError } from './approver-error.ts';
import { show } from './show.ts';

/** Why something carried in, or the memory beside a key, did not verify. */
export interface Refusal {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

/** Returns what `act` returns, or why what was carried in does not verify. Anything else is thrown on. */
export function refusalOr<T>(
  path: string,
  act: () => T,
): { readonly value: T } | { readonly refusal: Refusal } {
  try {
    return { value: act() };
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    const { code, message } = thrown;
    return { refusal: { path, code, message, next: explain(code).next } };
  }
}

function isRefusal(
  thrown: unknown,
): thrown is CodecError | DiffError | MessageError | SqlError | ApprovalError {
  return [CodecError, DiffError, MessageError, SqlError, ApprovalError].some(
    (kind) => thrown instanceof kind,
  );
}

/** Shows a refusal, keeps it as the document and returns the exit code. */
export function reportRefusal(run: ProgramRun, { path, code, message, next }: Refusal): ExitCode {
  run.output.document({ code, message, hint: next, path });
  show(run, describeRefusal(path, code, message));
  return ExitCode.verificationFailed;
}

/** Returns the error to end with for why a decision may not be signed; anything else as it is. */
export function decisionFailure(thrown: unknown): unknown {
  if (thrown instanceof ApprovalError) return approvalFailure(thrown);
  if (!(thrown instanceof MessageError)) return thrown;
  const { code, subject } = thrown;
  switch (code) {
    case 'compose/not-permitted': {
      const { sentence, next } = explain(subject ?? code);
      return new ApproverError('decision/not-permitted', `${sentence} [${subject ?? code}]`, {
        hint: next,
        cause: thrown,
      });
    }
    case 'compose/condition-wider': {
      const { sentence, next } = explain(`decision/${subject ?? 'condition-wider'}`);
      return new ApproverError('decision/conditions', sentence, { hint: next, cause: thrown });
    }
    case 'compose/roster-unconfirmed':
      return new ApproverError('confirm/roster', 'the roster has changed and was not confirmed', {
        hint: 'compare the change above with those who hold the root keys, then give --accept-roster NUMBER',
        cause: thrown,
      });
    case 'compose/state-stale':
      return new ApproverError('approver-home/busy', 'another process has signed with this key meanwhile', {
        hint: 'run the command again: the request is then reviewed anew',
        cause: thrown,
      });
    default:
      return thrown;
  }
}

function approvalFailure(error: ApprovalError): unknown {
  const { code, message, rows } = error;
  switch (code) {
    case 'rows/unconfirmed':
      return new ApproverError('confirm/rows-missing', message, { hint: rowsHint(rows), cause: error });
    case 'rows/differ':
      return new ApproverError('confirm/rows-differ', message, { hint: rowsHint(rows), cause: error });
    case 'approval/review-late':
    case 'approval/run-late':
      return new ApproverError('decision/late', message, { hint: explain(code).next, cause: error });
    case 'check/failed':
    case 'effect/counts-differ':
    case 'catalog/partial':
    case 'catalog/session-differs':
    case 'effect/untried-differs':
    case 'effect/copy-differs':
    case 'effect/tolerance-unsound':
      return error;
  }
}

function rowsHint(rows: number | undefined): string {
  return `count the rows above; then give --confirm-rows ${rows ?? 'COUNT'}`;
}
