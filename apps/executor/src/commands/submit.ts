import { toHex } from '@countersign/codec';
import type { Cell } from '@countersign/diff';
import { ExitCode, formatTime, ProgramError, type Output, type Implementation } from '@countersign/program';
import { factsJson } from '@countersign/sql';
import type { ReadResult } from '@countersign/targets';
import { loadIdentity } from '../home/identity.ts';
import { proposalOf } from '../stages/amendment.ts';
import type { Draft } from '../stages/intake.ts';
import { requestNamed, requireRequest } from '../stages/request.ts';
import { previewDraft, submitDraft, type Preview, type Submitted } from '../stages/submit.ts';
import { contextOf, readSql, statementsOf, targetOf } from './draft.ts';
import { describeSealed, renderFor } from './describe.ts';
import { deadline, factsLines, verdictLines } from './facts-text.ts';
import { diffSummary, verdictDocument, wordsOf } from './request-document.ts';
import { inHome, type Session } from './session.ts';
import { waitAndRun } from './waiting.ts';

/** `submit`: the way in. */
export const submit: Implementation = inHome(async (session) => {
  const { world, run, options } = session;
  const draft = await draftOf(session);
  const identity = await loadIdentity(world, run, {
    as: options.text('as'),
    passphraseFile: options.text('passphraseFile'),
  });
  if (options.flag('dryRun')) return reportPreview(session, await previewDraft(world, draft, identity));
  return submitAndReport(session, draft, await submitDraft(world, draft, identity));
});

async function draftOf({ world, run, arguments: [argument], options }: Session): Promise<Draft> {
  const amendment = options.text('amendment');
  const reason = options.text('reason');
  if (amendment !== undefined) {
    if (argument !== undefined)
      throw new ProgramError('usage/arguments', 'an amendment brings its own SQL, expected none beside it');
    return proposalOf(world, requestNamed(world, amendment), reason);
  }
  const sql = await readSql(run, argument, options);
  return {
    target: targetOf(world, options),
    statements: statementsOf(sql, options.texts('param')),
    reason: reason ?? '',
    context: contextOf(options),
    follows: null,
  };
}

/** Reports what became of a submission, and waits for its approvers when asked to. */
export async function submitAndReport(
  session: Session,
  draft: Draft,
  submitted: Submitted,
  more: object = {},
): Promise<ExitCode> {
  const { world, run, options } = session;
  const { output } = run;
  const id = submitted.intake.submission.id;
  const common = {
    requestId: toHex(id),
    target: draft.target,
    verdict: verdictDocument(submitted.verdict),
    facts: factsJson(submitted.facts),
    ...more,
  };
  switch (submitted.kind) {
    case 'denied':
      output.document({
        code: 'request/denied',
        state: 'denied',
        ...common,
        message: submitted.verdict.reason,
      });
      for (const line of verdictLines(submitted.verdict, output.colours)) output.line(line);
      return ExitCode.denied;
    case 'ran':
      output.document({ code: 'request/ran', state: 'ran', ...common, results: submitted.result.results });
      showResult(output, submitted.result);
      return ExitCode.done;
    case 'pending': {
      const { request, digest, diff } = submitted;
      output.document({
        code: 'request/pending',
        state: 'pending',
        ...common,
        digest,
        words: wordsOf(digest),
        diff: diffSummary(diff, request.effect.diffDigest),
        reviewBy: formatTime(request.reviewBy),
        runBy: formatTime(request.runBy),
      });
      output.drawing(
        renderFor(
          run,
          describeSealed(world, requireRequest(world, id), [
            'what',
            'changes',
            'schema',
            'not-previewed',
            'policy',
          ]),
        ),
      );
      output.line();
      output.line(`${output.colours.bold('pending')}  request ${toHex(id)}`);
      output.line(`words    ${wordsOf(digest)}`);
      output.line(`review   by ${deadline(request.reviewBy, world.clock())}`);
      output.line(
        `next     countersign export ${toHex(id).slice(0, 8)} --file ${toHex(id).slice(0, 8)}.csreq`,
      );
      const wait = options.text('wait');
      return wait === undefined ? ExitCode.pending : waitAndRun(session, id, wait);
    }
  }
}

function reportPreview({ run, world, options }: Session, { facts, verdict, diff }: Preview): ExitCode {
  const { output } = run;
  const code = verdict.decision === 'deny' ? 'request/denied' : 'request/dry-run';
  output.document({
    code,
    target: targetOf(world, options),
    verdict: verdictDocument(verdict),
    facts: factsJson(facts),
    diff: diff === null ? undefined : diffSummary(diff.diff, diff.digest),
  });
  for (const line of [...factsLines(facts, output.colours), ...verdictLines(verdict, output.colours)])
    output.line(line);
  for (const table of diff?.diff.tables ?? []) {
    output.line(`${table.table}: +${table.inserted} ~${table.updated} -${table.deleted}`);
  }
  output.line(output.colours.dim('dry run: nothing was changed and nobody was asked'));
  return verdict.decision === 'deny' ? ExitCode.denied : ExitCode.done;
}

function showResult(output: Output, { results }: ReadResult): void {
  for (const { columns, rows, truncated } of results) {
    const table = [columns, ...rows.map((row) => row.map(cellText))];
    const widths = columns.map((_, index) =>
      Math.min(60, Math.max(...table.map((row) => (row[index] ?? '').length))),
    );
    table.forEach((row, index) => {
      const line = row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd();
      output.line(index === 0 ? output.colours.bold(line) : line);
    });
    output.line(
      output.colours.dim(
        `${rows.length} row${rows.length === 1 ? '' : 's'}${truncated ? ', cut at the limit' : ''}`,
      ),
    );
  }
}

function cellText(cell: Cell): string {
  switch (cell.type) {
    case 'null':
      return 'NULL';
    case 'bytes':
      return `x'${toHex(cell.value)}'`;
    case 'text':
    case 'number':
      return cell.value;
    case 'integer':
    case 'boolean':
      return String(cell.value);
  }
}
