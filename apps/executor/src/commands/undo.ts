import type { Implementation } from '@countersign/program';
import { compareDiffs, invertDiff, type Diff } from '@countersign/diff';
import { loadIdentity } from '../home/identity.ts';
import { requestOfRow, requireSealed } from '../stages/known-request.ts';
import { requestNamed } from '../stages/request.ts';
import { submitDraft } from '../stages/submit.ts';
import { diffAsRun } from '../stages/stored-diff.ts';
import { undoOf } from '../stages/undo.ts';
import { inHome } from './session.ts';
import { submitAndReport } from './submit.ts';
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
  const submitted = await submitDraft(world, draft, identity);
  const restores = submitted.kind === 'pending' && restoresAll(done, submitted.diff);
  const exitCode = await submitAndReport(session, submitted, { restores });
  if (submitted.kind === 'pending' && !restores) {
    run.output.note(
      run.output.noteColours.yellow(
        'this does not restore the rows exactly: they have changed since, or triggers change more',
      ),
    );
  }
  return exitCode;
});

/** Whether what the undo would change is exactly the opposite of what was done, by the rows as they are now. */
function restoresAll(done: Diff, undoing: Diff): boolean {
  const { tables, schema, notPreviewed } = compareDiffs(invertDiff(done), undoing);
  return (
    tables.length === 0 &&
    [schema, notPreviewed].every(({ first, second }) => first.length + second.length === 0)
  );
}
