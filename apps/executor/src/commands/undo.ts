import type { Implementation } from '@countersign/program';
import { loadIdentity } from '../home/identity.ts';
import { requestOfRow, requireSealed } from '../stages/known-request.ts';
import { requestNamed } from '../stages/request.ts';
import { diffAsRun } from '../stages/stored-diff.ts';
import { conflictsOf, conflictsPair, restoresAll } from '../stages/undo-conflicts.ts';
import { undoOf } from '../stages/undo.ts';
import { inHome } from './session.ts';
import { previewNoted, submitAndReport, submitNoted } from './submit.ts';
import { conflictLines, showConflicts } from './undo-conflicts.ts';
import { requireWait } from './waiting.ts';

/** `undo`: submits the statements that restore the rows a request changed. */
export const undo: Implementation = inHome(async (session) => {
  const {
    world,
    run,
    arguments: [typed = ''],
    options,
  } = session;
  const row = requireSealed(requestNamed(world, typed));
  requireWait(options);
  const reason = options.text('reason') ?? `undo of request ${typed}`;
  const done = diffAsRun(row, requestOfRow(row));
  const draft = await undoOf(world, row, done, reason);
  const identity = await loadIdentity(world, run, {
    as: options.text('as'),
    passphraseFile: options.text('passphraseFile'),
  });
  // Tried before it is signed: what approvers are told of rows that have changed since is part of the submission.
  const { diff: tried } = await previewNoted(session, draft, identity);
  const context = tried === null ? [] : conflictsPair(conflictsOf(done, tried.diff), row.id);
  const submitted = await submitNoted(session, { ...draft, context }, identity);
  if (submitted.kind !== 'pending') return submitAndReport(session, submitted, { restores: false });
  const restores = restoresAll(done, submitted.diff);
  const conflicts = conflictsOf(done, submitted.diff);
  const shown = showConflicts(conflicts, [requestOfRow(row), submitted.request]);
  return submitAndReport(session, submitted, { restores, conflicts: shown }, () => {
    if (restores) return;
    for (const line of conflictLines(conflicts, shown, run.output.noteColours)) run.output.note(line);
  });
});
