import {
  comparePolicies,
  compareVerdicts,
  formatExpect,
  loadCases,
  loadPolicy,
  readyCases,
} from '@countersign/policy';
import type { Difference, Policy, TestCase, VerdictChange } from '@countersign/policy';
import { ExitCode, type Implementation, type Invocation, type Output } from '@countersign/program';
import { classifyTexts } from '@countersign/sql';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { findTestFiles, readPolicyFiles } from '../home/policy-folder.ts';
import { recordedPolicy } from '../stages/policy-history.ts';
import type { World } from '../world.ts';
import { placeText } from './place-text.ts';
import { inHome } from './session.ts';

/** A policy and the cases that lie beside it; a policy of the ledger has none. */
interface Side {
  readonly policy: Policy;
  readonly cases: readonly TestCase[];
}

/** `policy diff`: what two policies say otherwise, and which of their cases they decide otherwise. */
export const policyDiff: Implementation = (invocation) => {
  const { run, arguments: typed } = invocation;
  const folders = typed.filter((one) => isFolder(resolve(run.surroundings.workingDirectory, one), one));
  if (folders.length === typed.length) return Promise.resolve(diff(invocation, undefined));
  return inHome(({ world, ...session }) => diff(session, world))(invocation);
};

function diff({ run, arguments: typed }: Invocation, world: World | undefined): ExitCode {
  const [before, after] = [typed[0] ?? '', typed[1] ?? ''].map((one) =>
    sideOf(resolve(run.surroundings.workingDirectory, one), one, world),
  );
  if (before === undefined || after === undefined) return ExitCode.usage;
  const names = new Set(before.cases.map(({ name }) => name));
  const cases = readyCases(
    [...before.cases, ...after.cases.filter(({ name }) => !names.has(name))],
    classifyTexts,
  );
  const differences = comparePolicies(before.policy, after.policy);
  const verdicts = compareVerdicts(before.policy, after.policy, cases);
  run.output.document({
    code: 'policy/compared',
    before: before.policy.digest,
    after: after.policy.digest,
    differences: differences.map(({ place, ...rest }) => ({ ...rest, ...place })),
    cases: cases.length,
    verdicts: verdicts.map((each) => ({
      name: each.test.name,
      ...each.test.place,
      before: formatExpect(each.before),
      after: formatExpect(each.after),
    })),
  });
  show(run.output, differences, verdicts, cases.length);
  return ExitCode.done;
}

/** Whether a folder is meant: one that is there, or a name that no digest has. */
function isFolder(path: string, typed: string): boolean {
  return existsSync(path) || !/^[0-9a-f]{8,64}$/i.test(typed);
}

function sideOf(path: string, typed: string, world: World | undefined): Side {
  if (isFolder(path, typed) || world === undefined)
    return { policy: loadPolicy(readPolicyFiles(path)), cases: loadCases(findTestFiles(path)) };
  return { policy: loadPolicy(recordedPolicy(world, typed).files), cases: [] };
}

function show(
  output: Output,
  differences: readonly Difference[],
  verdicts: readonly VerdictChange[],
  cases: number,
): void {
  const { colours } = output;
  const paint = { added: colours.green, removed: colours.red, changed: colours.yellow };
  for (const { kind, name, change, place, before, after } of differences) {
    const where = place === undefined ? '' : `  ${colours.dim(placeText(place))}`;
    output.line(`${paint[change](change.padEnd(8))}  ${kind === 'default' ? '' : `${kind} `}${name}${where}`);
    if (before !== null) output.line(`          - ${before}`);
    if (after !== null) output.line(`          + ${after}`);
  }
  if (differences.length === 0) output.line('both say the same');
  for (const { test, before, after } of verdicts) {
    output.line(`${colours.yellow('verdict')}   ${test.name}`);
    output.line(`          - ${formatExpect(before)}`);
    output.line(`          + ${formatExpect(after)}`);
  }
  output.line(`${verdicts.length} of ${cases} cases are decided otherwise`);
}
