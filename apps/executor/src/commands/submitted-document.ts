import { toHex } from '@countersign/codec';
import { ExitCode, formatTime } from '@countersign/program';
import { factsJson } from '@countersign/sql';
import type { Preview, Submitted } from '../stages/submit.ts';
import type { Outcome } from './outcome.ts';
import { diffSummary, ordinaryDocument, verdictDocument, wordsOf } from './request-document.ts';
import { pendingHelp } from './waiting.ts';

export const denialHint =
  'change what the reason names, then submit again; `countersign policy explain` says which rules speak';

/** Returns what `submit --json` says of a submission. */
export function submittedDocument(submitted: Submitted): Outcome {
  const { intake, verdict, facts } = submitted;
  const { id, target } = intake.submission;
  const common = {
    requestId: toHex(id),
    target,
    verdict: verdictDocument(verdict),
    facts: factsJson(facts),
    breakGlass: intake.submission.breakGlass,
  };
  switch (submitted.kind) {
    case 'denied': {
      const { exitCode, fields } = denial(submitted);
      return { exitCode, fields: { ...fields, state: 'denied', ...common } };
    }
    case 'ran':
      return {
        exitCode: ExitCode.done,
        fields: { code: 'request/ran', state: 'ran', ...common, results: submitted.result.results },
      };
    case 'pending': {
      const { request, digest, diff } = submitted;
      return {
        exitCode: ExitCode.pending,
        fields: {
          code: 'request/pending',
          ...pendingHelp(id),
          state: 'pending',
          ...common,
          digest,
          words: wordsOf(digest),
          diff: diffSummary(diff, request.effect.diffDigest),
          reviewBy: formatTime(request.reviewBy),
          runBy: formatTime(request.runBy),
          follows: request.follows === undefined ? undefined : toHex(request.follows.id),
          ordinary: ordinaryDocument(request),
        },
      };
    }
  }
}

/** Returns what `submit --dry-run --json` says. */
export function previewDocument(target: string, preview: Preview): Outcome {
  const { facts, verdict, diff } = preview;
  const document = {
    target,
    verdict: verdictDocument(verdict),
    facts: factsJson(facts),
    diff: diff === null ? undefined : diffSummary(diff.diff, diff.digest),
  };
  if (verdict.decision !== 'deny')
    return { exitCode: ExitCode.done, fields: { code: 'request/dry-run', ...document } };
  const { exitCode, fields } = denial(preview);
  return { exitCode, fields: { ...fields, ...document } };
}

/** Denials that callers tell apart from those of rules: by the name that stands where the rule's does. */
const ownCodes: ReadonlyMap<string, ExitCode> = new Map([
  ['identity/out-of-scope', ExitCode.identity],
  ['identity/break-glass', ExitCode.identity],
  ['policy/break-glass-allows', ExitCode.denied],
  ['statement/not-offered', ExitCode.denied],
]);

function denial({ verdict }: Pick<Preview, 'verdict'>): Outcome {
  const named = verdict.rules.find((rule) => ownCodes.has(rule));
  return {
    exitCode: (named === undefined ? undefined : ownCodes.get(named)) ?? ExitCode.denied,
    fields: { code: named ?? 'request/denied', message: verdict.reason, hint: denialHint },
  };
}
