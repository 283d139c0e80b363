import { loadCases, loadPolicy, readyCases, runCases, untouchedRules } from '@countersign/policy';
import type { CaseResult, MutationReport } from '@countersign/policy';
import { ExitCode, type Implementation, type Output } from '@countersign/program';
import { classifyTexts } from '@countersign/sql';
import { policyDirectory, readPolicyFiles, readTestFiles } from '../home/policy-folder.ts';
import { placeText } from './place-text.ts';
import { policyReplay } from './policy-replay.ts';
import { mutationDocument, mutationFault, showMutation, tryMutants } from './policy-mutate.ts';

/** `policy test`: runs the cases beside the rules. Needs no home when `--dir` names the folder. */
export const policyTest: Implementation = (invocation) => {
  const { run, options } = invocation;
  if (options.flag('replay') || options.text('replay') !== undefined) return policyReplay(invocation);
  const { output } = run;
  const directory = policyDirectory(run, options.text('dir'), options.text('home'));
  const policy = loadPolicy(readPolicyFiles(directory));
  const cases = readyCases(loadCases(readTestFiles(directory)), classifyTexts);
  const results = runCases(policy, cases);
  const failed = results.filter(({ complaints }) => complaints.length > 0);
  const mutation =
    options.flag('mutate') && failed.length === 0 ? tryMutants(policy, cases, options, output) : undefined;
  const untouched = untouchedRules(policy, results);
  const fault = faultOf(results, failed, mutation);
  output.document({
    ...(fault ?? { code: 'policy/tests-passed' }),
    policyDigest: policy.digest,
    cases: results.map(caseDocument),
    passed: results.length - failed.length,
    failed: failed.length,
    untouchedRules: untouched,
    ...(mutation === undefined ? {} : { mutation: mutationDocument(mutation) }),
  });
  showResults(output, results, failed, untouched);
  if (mutation !== undefined) showMutation(output, mutation);
  return Promise.resolve(fault === null ? ExitCode.done : ExitCode.error);
};

function faultOf(
  results: readonly CaseResult[],
  failed: readonly CaseResult[],
  mutation: MutationReport | undefined,
): object | null {
  if (failed.length > 0)
    return {
      code: 'policy/tests-failed',
      message: `${failed.length} of ${results.length} cases failed`,
      hint: 'change the rules, or the cases when the rules are right',
    };
  return mutation === undefined ? null : mutationFault(mutation);
}

function caseDocument({ test, verdict, complaints }: CaseResult): object {
  const { decision, rules } = verdict;
  return { name: test.name, ...test.place, passed: complaints.length === 0, decision, rules, complaints };
}

function showResults(
  output: Output,
  results: readonly CaseResult[],
  failed: readonly CaseResult[],
  untouched: readonly string[],
): void {
  const { colours } = output;
  for (const { test, complaints } of failed) {
    output.line(`${colours.red('failed')}  ${test.name}  ${colours.dim(placeText(test.place))}`);
    for (const complaint of complaints) output.line(`        ${complaint}`);
  }
  const passed = results.length - failed.length;
  const word = failed.length === 0 ? colours.green('passed') : `${passed} passed, ${failed.length} failed`;
  output.line(`${word}  ${results.length} ${results.length === 1 ? 'case' : 'cases'}`);
  if (untouched.length > 0)
    output.line(colours.dim(`rules that matched in no case: ${untouched.join(', ')}`));
}
