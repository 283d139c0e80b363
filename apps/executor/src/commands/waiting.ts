import { toHex } from '@countersign/codec';
import { ExitCode, parseDuration, type Options } from '@countersign/program';
import { harmless } from '@countersign/wording';
import { againHint } from '../stages/again.ts';
import { closeDue } from '../stages/expire.ts';
import { requireSealed } from '../stages/known-request.ts';
import { requireRequest } from '../stages/request.ts';
import type { RequestRow } from '../store/request-row.ts';
import { isOpen } from '../store/schema.ts';
import { requestDocument, wordsOf } from './request-document.ts';
import { runAndReport } from './run.ts';
import type { Session } from './session.ts';

const pollMs = 500;

/**
 * Waits until a request is no longer open, at most `timeoutSeconds`, and returns it as it is then.
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
      if (!isOpen(row.state) || performance.now() >= end || run.signal.aborted) return row;
      await new Promise((resolve) => setTimeout(resolve, Math.min(pollMs, end - performance.now())));
    }
  } finally {
    progress.end();
  }
}

/** Refuses a `--wait` that is no duration before anything is recorded. @throws ProgramError `usage/duration` */
export function requireWait(options: Options): void {
  parseDuration(options.text('wait') ?? '0s');
}

/** Waits for the approvers and runs the request once they agreed. */
export async function waitAndRun(session: Session, id: Uint8Array, duration: string): Promise<ExitCode> {
  const { output } = session.run;
  // Whoever reads a build's log must find the request while it waits; the document comes when it ends.
  if (output.json) {
    const words = wordsOf(requireSealed(requireRequest(session.world, id)).digest);
    output.note(
      `request ${toHex(id)} waits for approvers, words ${words}; carry it to them: ${exportCommandOf(id)}`,
    );
  }
  const row = await awaitDecision(session, id, parseDuration(duration));
  if (row.state !== 'approved') return reportState(session, row);
  // It may have been tightened while nobody looked.
  session.world.rereadPolicy();
  return runAndReport(session, id);
}

/** Returns the command that carries a request out. */
export function exportCommandOf(id: Uint8Array): string {
  const short = toHex(id).slice(0, 8);
  return `countersign export ${short} --file ${short}.csreq`;
}

/** Returns what the document of a pending request says beside its fields. */
export function pendingHelp(id: Uint8Array): { readonly message: string; readonly hint: string } {
  return { message: 'the request waits for approvers', hint: `carry it to them: ${exportCommandOf(id)}` };
}

/** Reports the state that a request was waited for, and returns the exit code that belongs to it. */
export function reportState({ world, run: { output } }: Session, row: RequestRow): ExitCode {
  const { exitCode, code, message, hint } = standingOf(row);
  const said = exitCode === ExitCode.done ? {} : { message: row.detail ?? message, hint };
  output.document({ code, ...said, ...requestDocument(world, row) });
  output.line(`${row.state}  ${toHex(row.id)}${row.detail === null ? '' : `  ${harmless(row.detail)}`}`);
  if (exitCode !== ExitCode.done) output.line(output.colours.dim(hint));
  return exitCode;
}

/** How a request stands, as a program that waited for it ends. */
export interface Standing {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** Returns how a request stands. */
export function standingOf(row: RequestRow): Standing {
  const again = againHint(row.id);
  const look = `see: countersign show ${toHex(row.id).slice(0, 8)}`;
  const message = `the request is ${row.state}`;
  switch (row.state) {
    case 'executed':
    case 'ran':
    case 'approved':
    case 'resolved':
      return { exitCode: ExitCode.done, code: `request/${row.state}`, message, hint: look };
    case 'submitted':
    case 'allowed':
    case 'pending':
    case 'running': {
      const hint = `wait on: countersign wait ${toHex(row.id).slice(0, 8)}`;
      return { exitCode: ExitCode.waitTimedOut, code: 'wait/timed-out', message: `${message} still`, hint };
    }
    case 'denied':
      return { exitCode: ExitCode.denied, code: 'request/denied', message, hint: look };
    case 'rejected':
      return { exitCode: ExitCode.rejected, code: 'request/rejected', message, hint: look };
    case 'expired':
      return { exitCode: ExitCode.expired, code: 'request/expired', message, hint: again };
    case 'drifted':
      return { exitCode: ExitCode.drift, code: 'run/drifted', message, hint: again };
    case 'ambiguous': {
      const hint =
        'run it again, which asks the target first; or look for yourself and use `countersign resolve`';
      return { exitCode: ExitCode.ambiguous, code: 'run/ambiguous', message, hint };
    }
    case 'withdrawn':
    case 'superseded':
    case 'failed':
      return { exitCode: ExitCode.error, code: row.code ?? `request/${row.state}`, message, hint: look };
  }
}
