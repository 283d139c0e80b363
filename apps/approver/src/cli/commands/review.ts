import { ExitCode, type Implementation, type Invocation } from '@countersign/program';
import { describeRequest, type Document } from '@countersign/wording';
import type { ReviewedRequest } from '../../core/review-request.ts';
import { chosenKey, findHome, keyNames, type ApproverHome } from '../home.ts';
import { recall, type Memory } from '../memory.ts';
import { refusalOr, reportRefusal, type Refusal } from '../refusal.ts';
import { requestDocument } from '../request-document.ts';
import { carriedRequests, reviewCarried } from '../reviewing.ts';
import { show } from '../show.ts';

interface Seen {
  readonly path: string;
  readonly reviewed: ReviewedRequest;
  readonly document: Document;
}

/** `review`: verifies what was carried in and shows it. Nothing is written, no key is opened. */
export const review: Implementation = async (invocation) => {
  const { run, arguments: paths, options } = invocation;
  const home = findHome(invocation);
  const recalled = memoryFor(home, options.text('key'));
  if ('refusal' in recalled) return reportRefusal(run, recalled.refusal);
  const memory = recalled.value;
  const depth = options.flag('summary') ? 'summary' : 'full';
  const carriedIn = await carriedRequests(run, paths);
  const results = carriedIn.map((carried) =>
    refusalOr(carried.path, (): Seen => {
      const reviewed = reviewCarried(carried.bytes, home, memory);
      return { path: carried.path, reviewed, document: describeRequest(reviewed.shown, depth) };
    }),
  );
  const exitCodes = results.map((result) =>
    'refusal' in result ? reportRefusal(run, result.refusal) : reportSeen(invocation, result.value),
  );
  if (results.length > 1) reportAll(invocation, results);
  return exitCodes.find((code) => code !== ExitCode.done) ?? ExitCode.done;
};

/** Without --key and with several keys nothing is remembered: the request is shown as to somebody new. */
function memoryFor(
  home: ApproverHome,
  named: string | undefined,
): { readonly value: Memory } | { readonly refusal: Refusal } {
  if (named === undefined && keyNames(home).length !== 1) return { value: { kid: null, state: null } };
  const files = chosenKey(home, named);
  return refusalOr(files.state, () => recall(files));
}

function reportSeen({ run }: Invocation, { path, reviewed, document }: Seen): ExitCode {
  const failures = reviewed.shown.checks.filter((check) => check.outcome === 'failed');
  // A check of what is true goes before one of the time.
  const failed = failures.find(({ name }) => name !== 'in-time') ?? failures[0];
  run.output.document({
    code: failed?.code ?? 'request/verified',
    path,
    ...requestDocument(reviewed, document),
  });
  show(run, document);
  if (failed === undefined) return ExitCode.done;
  return failed.name === 'in-time' ? ExitCode.expired : ExitCode.verificationFailed;
}

type Result = { readonly value: Seen } | { readonly refusal: Refusal };

function reportAll({ run }: Invocation, results: readonly Result[]): void {
  const refused = results.filter((result) => 'refusal' in result).length;
  run.output.document({
    code: refused === 0 ? 'request/verified' : 'request/refused',
    requests: results.map((result) =>
      'refusal' in result
        ? result.refusal
        : { path: result.value.path, ...requestDocument(result.value.reviewed, result.value.document) },
    ),
  });
  run.output.line(`\n${results.length} requests, ${refused} refused`);
}
