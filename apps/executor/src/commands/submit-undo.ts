import type { ExitCode } from '@countersign/program';
import { sortedPairs } from '../stages/context.ts';
import type { Draft, Identity } from '../stages/intake.ts';
import { requestOfRow, type SealedRow } from '../stages/known-request.ts';
import { diffAsRun } from '../stages/stored-diff.ts';
import { conflictsOf, conflictsPair, restoresAll } from '../stages/undo-conflicts.ts';
import type { Session } from './session.ts';
import { previewNoted, submitAndReport, submitNoted } from './submit-report.ts';
import { conflictLines, showConflicts } from './undo-conflicts.ts';

/** Submits a draft that undoes a request, and says where it does not restore its rows. docs/spec/diff.md#undo */
export async function submitUndo(
  session: Session,
  draft: Draft,
  identity: Identity,
  undone: SealedRow,
): Promise<ExitCode> {
  const { run } = session;
  const done = diffAsRun(undone, requestOfRow(undone));
  // Tried before it is signed: what approvers are told of rows that have changed since is part of the submission.
  const { diff: tried } = await previewNoted(session, draft, identity);
  const told = tried === null ? [] : conflictsPair(conflictsOf(done, tried.diff), undone.id);
  const context = sortedPairs([...draft.context, ...told]);
  const submitted = await submitNoted(session, { ...draft, context }, identity);
  if (submitted.kind !== 'pending') return submitAndReport(session, submitted, { restores: false });
  const restores = restoresAll(done, submitted.diff);
  const conflicts = conflictsOf(done, submitted.diff);
  const shown = showConflicts(conflicts, [requestOfRow(undone), submitted.request]);
  return submitAndReport(session, submitted, { restores, conflicts: shown }, () => {
    if (restores) return;
    for (const line of conflictLines(conflicts, shown, run.output.noteColours)) run.output.note(line);
  });
}
