import { toHex } from '@countersign/codec';
import {
  ExitCode,
  formatTime,
  parseDuration,
  ProgramError,
  type Implementation,
  type Output,
} from '@countersign/program';
import { harmless } from '@countersign/wording';
import { loadIdentity } from '../home/identity.ts';
import { decodeVerdictBody } from '../stages/assess.ts';
import { closeDue, withdrawRequest } from '../stages/expire.ts';
import { isEmergency, requestOfRow, requireSealed } from '../stages/known-request.ts';
import { waitsInVain } from '../stages/revoked-submitter.ts';
import { requestNamed, requireRequest } from '../stages/request.ts';
import { ranOrTried, signedDiff } from '../stages/stored-diff.ts';
import { withoutTolerance } from '../stages/tolerance.ts';
import { requestStates } from '../store/schema.ts';
import type { RequestRow } from '../store/request-row.ts';
import { oneLine, tableLines } from './table-text.ts';
import { describeSealed, renderFor, submissionOfRow } from './describe.ts';
import { driftLines } from './drift-text.ts';
import { diffDocument, driftOfRow, requestDocument, rowDocument } from './request-document.ts';
import { shownDiff } from './shown-diff.ts';
import { inHome, type Session } from './session.ts';
import { awaitDecision, reportState } from './waiting.ts';

const countMax = 10_000;

/** `list`: requests, newest first. */
export const list: Implementation = inHome(({ world, run, options }) => {
  closeDue(world);
  const typed = options.text('state');
  const state = requestStates.find((known) => known === typed);
  if (typed !== undefined && state === undefined) {
    throw new ProgramError(
      'usage/arguments',
      `${JSON.stringify(typed)} is no state, expected one of ${requestStates.join(', ')}`,
    );
  }
  const rows = world.store.requests(state, limitOf(options.text('limit') ?? '50'));
  run.output.document({ code: 'request/listed', requests: rows.map(rowDocument) });
  if (rows.length === 0) run.output.line('no requests');
  else showList(run.output, rows);
  return ExitCode.done;
});

const reasonWidthMax = 60;

function showList(output: Output, rows: readonly RequestRow[]): void {
  const lines = rows.map((row) => [
    toHex(row.id).slice(0, 8),
    isEmergency(row) ? `${row.state} (emergency)` : row.state,
    formatTime(row.madeAt),
    row.target,
    row.submitter,
    oneLine(submissionOfRow(row).reason, reasonWidthMax),
  ]);
  const table = tableLines(['id', 'state', 'made', 'target', 'by', 'reason'], lines);
  table.forEach((line, index) => output.line(index === 0 ? output.colours.dim(line) : line));
}

function limitOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > countMax) {
    throw new ProgramError(
      'usage/arguments',
      `--limit ${JSON.stringify(text)} is no whole number from 1 to ${countMax}`,
    );
  }
  return count;
}

/** `show`: one request. */
export const show: Implementation = inHome(({ world, run, arguments: [typed = ''] }) => {
  closeDue(world);
  const row = requestNamed(world, typed);
  const drift = driftOfRow(row);
  run.output.document({ code: `request/${row.state}`, ...requestDocument(world, row, drift) });
  run.output.line(`${run.output.colours.bold(row.state)}  ${toHex(row.id)}`);
  if (row.detail !== null) run.output.line(harmless(row.detail));
  if (waitsInVain(world, row))
    run.output.line(
      run.output.colours.red(
        `the key of ${row.submitter} is revoked: it is not carried out and does not run`,
      ),
    );
  if (drift !== undefined) for (const line of driftLines(drift, run.output.colours)) run.output.line(line);
  if (row.sealed === null) showUnsealed({ world, run }, row);
  else run.output.drawing(renderFor(run, describeSealed(world, row)));
  return ExitCode.done;
});

function showUnsealed({ run }: Pick<Session, 'world' | 'run'>, row: RequestRow): void {
  const { reason, statements } = submissionOfRow(row);
  const verdict = decodeVerdictBody(row.verdict);
  if (isEmergency(row)) run.output.line(run.output.colours.red('declared an emergency'));
  run.output.line(`by ${row.submitter} on ${row.target}, ${formatTime(row.madeAt)}: ${harmless(reason)}`);
  for (const { sql } of statements)
    for (const line of sql.split('\n')) run.output.line(`  ${harmless(line)}`);
  run.output.line(`${verdict.decision}: ${verdict.reason} [${verdict.rules.join(', ')}]`);
}

/** `wait`: until a request is decided. */
export const wait: Implementation = inHome(async (session) => {
  const {
    world,
    arguments: [typed = ''],
    options,
  } = session;
  const { id } = requestNamed(world, typed);
  const timeoutSeconds = parseDuration(options.text('timeout') ?? '10m');
  const row = await awaitDecision(session, id, timeoutSeconds);
  return reportState(session, row);
});

/** `withdraw`: takes a request back. */
export const withdraw: Implementation = inHome(async (session) => {
  const {
    world,
    run,
    arguments: [typed = ''],
    options,
  } = session;
  const row = requestNamed(world, typed);
  const { person } = await loadIdentity(world, run, {
    as: options.text('as'),
    passphraseFile: options.text('passphraseFile'),
  });
  withdrawRequest(world, row, person.id, options.text('reason') ?? 'withdrawn');
  const now = requireRequest(world, row.id);
  run.output.document({ code: 'request/withdrawn', ...requestDocument(world, now) });
  run.output.line(`withdrawn  ${toHex(row.id)}`);
  return ExitCode.done;
});

/** `diff`: every row a request changes, or its run changed. */
export const diff: Implementation = inHome(({ world, run, arguments: [typed = ''], options }) => {
  const row = requireSealed(requestNamed(world, typed));
  const request = requestOfRow(row);
  const asRun = options.flag('asRun');
  const { diff: found, effect } = asRun
    ? ranOrTried(row, request)
    : { diff: signedDiff(row, request), effect: request.effect };
  run.output.document({
    code: 'request/diff',
    requestId: toHex(row.id),
    ...(asRun ? { asRun } : {}),
    diff: diffDocument(shownDiff(request, found), effect.diffDigest),
  });
  const sections = ['changes', 'schema', 'locks', 'not-previewed'] as const;
  const shown = asRun ? { request: { ...withoutTolerance(request), effect }, diff: found } : undefined;
  run.output.drawing(renderFor(run, describeSealed(world, row, sections, shown)));
  return ExitCode.done;
});
