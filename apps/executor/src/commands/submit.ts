import { ProgramError, type ExitCode, type Implementation } from '@countersign/program';
import { loadIdentity } from '../home/identity.ts';
import { againOf } from '../stages/again.ts';
import { proposalOf } from '../stages/amendment.ts';
import type { Draft } from '../stages/intake.ts';
import { requestNamed } from '../stages/request.ts';
import type { Preview } from '../stages/submit.ts';
import { undoneBy } from '../stages/undo.ts';
import { contextOf, readSql, statementsOf, targetOf } from './draft.ts';
import { factsLines, verdictLines } from './facts-text.ts';
import { inHome, type Session } from './session.ts';
import { previewNoted, showDenial, submitAndReport, submitNoted } from './submit-report.ts';
import { submitUndo } from './submit-undo.ts';
import { previewDocument } from './submitted-document.ts';
import { requireWait } from './waiting.ts';

/** `submit`: the way in. */
export const submit: Implementation = inHome(async (session) => {
  const { world, run, options } = session;
  requireWait(options);
  const draft = await draftOf(session);
  const identity = await loadIdentity(world, run, {
    as: options.text('as'),
    passphraseFile: options.text('passphraseFile'),
  });
  if (options.flag('dryRun'))
    return reportPreview(session, draft, await previewNoted(session, draft, identity));
  const again = options.text('again');
  const undone = again === undefined ? undefined : undoneBy(world, requestNamed(world, again));
  if (undone !== undefined) return submitUndo(session, draft, identity, undone);
  return submitAndReport(session, await submitNoted(session, draft, identity));
});

async function draftOf(session: Session): Promise<Draft> {
  const draft = await plainDraftOf(session);
  return session.options.flag('breakGlass') ? { ...draft, breakGlass: true } : draft;
}

async function plainDraftOf({ world, run, arguments: [argument], options }: Session): Promise<Draft> {
  const amendment = options.text('amendment');
  const reason = options.text('reason');
  const again = options.text('again');
  const own = argument ?? options.text('file') ?? options.texts('param')[0] ?? options.text('target');
  if (again !== undefined) {
    if ((own ?? amendment) !== undefined)
      throw new ProgramError(
        'usage/arguments',
        '--again brings target and SQL of its request, expected none beside it',
      );
    return againOf(world, requestNamed(world, again), { reason, context: contextOf(options) });
  }
  if (amendment !== undefined) {
    if (own !== undefined)
      throw new ProgramError(
        'usage/arguments',
        'an amendment brings its own target and SQL, expected none beside it',
      );
    return { ...proposalOf(world, requestNamed(world, amendment), reason), context: contextOf(options) };
  }
  const sql = await readSql(run, argument, options);
  const target = targetOf(world, options);
  return {
    target,
    statements: statementsOf(sql, options.texts('param'), world.target(target).engine),
    reason: reason ?? '',
    context: contextOf(options),
    follows: null,
  };
}

function reportPreview(session: Session, draft: Draft, preview: Preview): ExitCode {
  const { output } = session.run;
  const { facts, verdict, diff } = preview;
  const { exitCode, fields } = previewDocument(draft.target, preview);
  output.document(fields);
  for (const line of factsLines(facts, output.colours)) output.line(line);
  for (const table of diff?.diff.tables ?? [])
    output.line(`${table.table}: +${table.inserted} ~${table.updated} -${table.deleted}`);
  if (verdict.decision === 'deny') showDenial(session, preview);
  else for (const line of verdictLines(verdict, output.colours)) output.line(line);
  output.line(output.colours.dim('dry run: nothing was changed and nobody was asked'));
  return exitCode;
}
