import { formatExpect, formatGiven, mutate } from '@countersign/policy';
import type { Mutant, MutationReport, Policy, ReadyCase } from '@countersign/policy';
import { ProgramError, type Options, type Output } from '@countersign/program';
import { placeText } from './place-text.ts';

const secondsDefault = 60;
const secondsMax = 3600;

/** Tries every small change of the rules against the cases, which all pass, for at most `--seconds`. */
export function tryMutants(
  policy: Policy,
  cases: readonly ReadyCase[],
  options: Options,
  output: Output,
): MutationReport {
  const end = performance.now() + secondsOf(options) * 1000;
  const progress = output.progress('changes of the rules tried');
  let tried = 0;
  try {
    return mutate(policy, cases, () => {
      progress.update((tried += 1));
      return performance.now() < end;
    });
  } finally {
    progress.end();
  }
}

function secondsOf(options: Options): number {
  const text = options.text('seconds');
  const seconds = text === undefined ? secondsDefault : Number(text);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > secondsMax)
    throw new ProgramError('usage/arguments', `--seconds must be a whole number from 1 to ${secondsMax}`);
  return seconds;
}

/** How the search ended: `null` when every change is noticed. */
export function mutationFault(
  report: MutationReport,
): { readonly code: string; readonly message: string; readonly hint: string } | null {
  const { survivors, complete } = report;
  if (survivors.length > 0)
    return {
      code: 'policy/changes-unnoticed',
      message: `${survivors.length} changes of the rules are noticed by no case`,
      hint: 'add the cases that are given, with the verdict that is right',
    };
  if (!complete)
    return {
      code: 'policy/mutation-unfinished',
      message: 'the time was over before every change was tried',
      hint: 'give it more with --seconds',
    };
  return null;
}

/** Returns the report as `policy test --mutate --json` gives it. */
export function mutationDocument({ noticed, survivors, unnoticeable, complete }: MutationReport): object {
  return {
    noticed,
    complete,
    unnoticed: survivors.map(({ mutant, witness: { input, before, after } }) => ({
      ...mutantDocument(mutant),
      given: formatGiven(input),
      expect: formatExpect(before),
      otherwise: formatExpect(after),
    })),
    withoutEffect: unnoticeable.map(({ mutant, inputs }) => ({ ...mutantDocument(mutant), inputs })),
  };
}

function mutantDocument({ kind, name, place, change }: Mutant): object {
  return { kind, name, ...place, change };
}

/** Shows what survived, each as a case to add. */
export function showMutation(output: Output, report: MutationReport): void {
  const { colours } = output;
  for (const { mutant, witness } of report.survivors) {
    output.line(`${colours.red('unnoticed')}  ${mutantText(mutant)}`);
    output.line(`           given:  ${formatGiven(witness.input)}`);
    output.line(`           expect: ${formatExpect(witness.before)}`);
    output.line(`           ${colours.dim(`with the change: ${formatExpect(witness.after)}`)}`);
  }
  for (const { mutant, inputs } of report.unnoticeable) {
    output.line(
      colours.dim(`no effect  ${mutantText(mutant)}: the same verdict on ${inputs} boundary inputs`),
    );
  }
  const { noticed, survivors, unnoticeable, complete } = report;
  const total = noticed + survivors.length + unnoticeable.length;
  const word = survivors.length === 0 && complete ? colours.green('noticed') : colours.yellow('noticed');
  output.line(
    `${word}  ${noticed} of ${total} changes of the rules${complete ? '' : ', and not all were tried'}`,
  );
}

function mutantText({ kind, name, place, change }: Mutant): string {
  const where = place === undefined ? '' : `${placeText(place)}  `;
  return `${where}${kind === 'condition' ? 'condition ' : ''}${name}: ${change}`;
}
