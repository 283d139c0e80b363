import { toHex } from '@countersign/codec';
import { ExitCode, parseDuration } from '@countersign/program';
import { closeDue } from '../stages/expire.ts';
import { requireRequest } from '../stages/request.ts';
import type { RequestRow } from '../store/request-row.ts';
import { requestDocument } from './request-document.ts';
import { runAndReport } from './run.ts';
import type { Session } from './session.ts';

const pollMs = 500;

/**
 * Waits until a request is neither submitted nor pending, at most `timeoutSeconds`, and returns it as it is then.
 * Between two looks nothing is held: other processes import and run.
 */
export async function awaitDecision(
  { world, run }: Session,
  id: Uint8Array,
  timeoutSeconds: number,
): Promise<RequestRow> {
  const end = performance.now() + timeoutSeconds * 1000;
  const progress = run.output.progress('waiting for approvers');
  try {
    for (;;) {
      closeDue(world);
      const row = requireRequest(world, id);
      const open = row.state === 'submitted' || row.state === 'pending' || row.state === 'running';
      if (!open || performance.now() >= end || run.signal.aborted) return row;
      await new Promise((resolve) => setTimeout(resolve, Math.min(pollMs, end - performance.now())));
    }
  } finally {
    progress.end();
  }
}

/** Waits for the approvers and runs the request once they agreed. */
export async function waitAndRun(session: Session, id: Uint8Array, duration: string): Promise<ExitCode> {
  const row = await awaitDecision(session, id, parseDuration(duration));
  return row.state === 'approved' ? runAndReport(session, id) : reportState(session, row);
}

/** Reports the state a request is in, and returns the exit code that belongs to it. */
export function reportState({ world, run }: Session, row: RequestRow, waited = true): ExitCode {
  const { exitCode, code } = outcomeOf(row, waited);
  run.output.document({ code, ...requestDocument(world, row) });
  run.output.line(`${row.state}  ${toHex(row.id)}${row.detail === null ? '' : `  ${row.detail}`}`);
  return exitCode;
}

function outcomeOf(row: RequestRow, waited: boolean): { readonly exitCode: ExitCode; readonly code: string } {
  switch (row.state) {
    case 'executed':
    case 'ran':
    case 'approved':
    case 'resolved':
      return { exitCode: ExitCode.done, code: `request/${row.state}` };
    case 'submitted':
    case 'allowed':
    case 'pending':
    case 'running':
      return waited
        ? { exitCode: ExitCode.waitTimedOut, code: 'wait/timed-out' }
        : { exitCode: ExitCode.pending, code: `request/${row.state}` };
    case 'denied':
      return { exitCode: ExitCode.denied, code: 'request/denied' };
    case 'rejected':
      return { exitCode: ExitCode.rejected, code: 'request/rejected' };
    case 'expired':
      return { exitCode: ExitCode.expired, code: 'request/expired' };
    case 'drifted':
      return { exitCode: ExitCode.drift, code: 'run/drifted' };
    case 'ambiguous':
      return { exitCode: ExitCode.ambiguous, code: 'run/ambiguous' };
    case 'withdrawn':
    case 'superseded':
    case 'failed':
      return { exitCode: ExitCode.error, code: row.code ?? `request/${row.state}` };
  }
}
