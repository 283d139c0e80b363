import type { Implementation } from '@countersign/program';
import { loadIdentity } from '../home/identity.ts';
import { requestOfRow, requireSealed } from '../stages/known-request.ts';
import { requestNamed } from '../stages/request.ts';
import { diffAsRun } from '../stages/stored-diff.ts';
import { undoOf } from '../stages/undo.ts';
import { inHome } from './session.ts';
import { submitUndo } from './submit-undo.ts';
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
  const draft = await undoOf(world, row, diffAsRun(row, requestOfRow(row)), reason);
  const identity = await loadIdentity(world, run, {
    as: options.text('as'),
    passphraseFile: options.text('passphraseFile'),
  });
  return submitUndo(session, draft, identity, row);
});
