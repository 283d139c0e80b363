import { toHex } from '@countersign/codec';
import type { Request } from '@countersign/messages';
import type { ExitCode } from '@countersign/program';
import { TargetError } from '@countersign/targets';
import type { SectionId } from '@countersign/wording';
import type { Draft, Identity } from '../stages/intake.ts';
import { requireRequest } from '../stages/request.ts';
import { previewDraft, submitDraft, type Preview, type Submitted } from '../stages/submit.ts';
import { describeSealed, renderFor } from './describe.ts';
import { deadline, hazardLines, verdictLines } from './facts-text.ts';
import { wordsOf } from './request-document.ts';
import { resultLines } from './result-text.ts';
import type { Session } from './session.ts';
import { denialHint, submittedDocument } from './submitted-document.ts';
import { exportCommandOf, waitAndRun } from './waiting.ts';

/** Submits a draft, and says that it goes on while it takes long. */
export function submitNoted(session: Session, draft: Draft, identity: Identity): Promise<Submitted> {
  return noted(session, draft, () => submitDraft(session.world, draft, identity));
}

/** Tries a draft, and says that it goes on while it takes long. */
export function previewNoted(session: Session, draft: Draft, identity: Identity): Promise<Preview> {
  return noted(session, draft, () => previewDraft(session.world, draft, identity));
}

/** Says too which of several statements the database refused; its own message does not. */
async function noted<T>({ run }: Session, draft: Draft, work: () => Promise<T>): Promise<T> {
  try {
    return await run.output.during('asking the database what it does', work);
  } catch (thrown) {
    if (thrown instanceof TargetError && thrown.statement !== undefined && draft.statements.length > 1)
      run.output.note(`statement ${thrown.statement + 1} of ${draft.statements.length} was refused:`);
    throw thrown;
  }
}

/** Reports what became of a submission, `more` and `noted` with it, and waits for its approvers when asked to. */
export async function submitAndReport(
  session: Session,
  submitted: Submitted,
  more: object = {},
  noted: () => void = () => undefined,
): Promise<ExitCode> {
  const { run, options } = session;
  const { output } = run;
  const { id } = submitted.intake.submission;
  const { exitCode, fields } = submittedDocument(submitted);
  output.document({ ...fields, ...more });
  switch (submitted.kind) {
    case 'denied':
      showDenial(session, submitted);
      return exitCode;
    case 'ran':
      for (const line of resultLines(submitted.result, output.colours)) output.line(line);
      return exitCode;
    case 'pending': {
      showPending(session, id, submitted.request, submitted.digest);
      noted();
      const wait = options.text('wait');
      return wait === undefined ? exitCode : waitAndRun(session, id, wait);
    }
  }
}

function showPending({ world, run }: Session, id: Uint8Array, request: Request, digest: Uint8Array): void {
  const { output } = run;
  const sections: readonly SectionId[] = [
    'emergency',
    'what',
    'changes',
    'schema',
    'locks',
    'not-previewed',
    'policy',
  ];
  output.drawing(renderFor(run, describeSealed(world, requireRequest(world, id), sections)));
  output.line();
  output.line(`${output.colours.bold('pending')}  request ${toHex(id)}`);
  if (request.follows !== undefined) output.line(`follows  request ${toHex(request.follows.id)}`);
  output.line(`words    ${wordsOf(digest)}`);
  output.line(`review   by ${deadline(request.reviewBy, world.clock())}`);
  output.line(`next     ${exportCommandOf(id)}`);
}

/** Says why policy denies something, and which statements gave cause. */
export function showDenial(
  { run: { output } }: Session,
  { verdict, facts }: Pick<Preview, 'verdict' | 'facts'>,
): void {
  for (const line of verdictLines(verdict, output.colours)) output.line(line);
  for (const line of hazardLines(facts)) output.line(line);
  output.line(output.colours.dim(denialHint));
}
