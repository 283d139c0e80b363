import { loadIdentity } from '../home/identity.ts';
import { requestOfRow, requireSealed } from '../stages/known-request.ts';
import { requestNamed } from '../stages/request.ts';
import { submitDraft } from '../stages/submit.ts';
import { undoOf } from '../stages/undo.ts';
import type { Implementation } from '../verbs/verb.ts';
import { signedDiff } from './request-document.ts';
import { inHome } from './session.ts';
import { submitAndReport } from './submit.ts';

/** `undo`: submits the statements that restore the rows a request changed. */
export const undo: Implementation = inHome(async (session) => {
  const {
    world,
    run,
    arguments: [typed = ''],
    options,
  } = session;
  const row = requireSealed(requestNamed(world, typed));
  const reason = options.text('reason') ?? `undo of request ${typed}`;
  const draft = await undoOf(world, row, signedDiff(row, requestOfRow(row)), reason);
  const identity = await loadIdentity(world, run, {
    as: options.text('as'),
    passphraseFile: options.text('passphraseFile'),
  });
  return submitAndReport(session, draft, await submitDraft(world, draft, identity));
});
