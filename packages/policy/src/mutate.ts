import { complaints } from './case-expect.ts';
import { boundaryOf } from './boundary.ts';
import type { PolicyInput } from './input.ts';
import { mutantsOf } from './mutants.ts';
import type { Mutant } from './mutants.ts';
import type { Policy } from './policy.ts';
import { judge } from './judge.ts';
import type { ReadyCase } from './run-cases.ts';
import type { Verdict } from './verdict.ts';

const SEARCH_MAX = 2000;

/** A change of the rules that no case noticed, although it decides something otherwise. */
export interface Survivor {
  readonly mutant: Mutant;
  /** A submission that the change decides otherwise, and the two verdicts. */
  readonly witness: { readonly input: PolicyInput; readonly before: Verdict; readonly after: Verdict };
}

/** A change that no case noticed, and that decided none of so many boundary inputs otherwise: perhaps no change at all. */
export interface Unnoticeable {
  readonly mutant: Mutant;
  readonly inputs: number;
}

export interface MutationReport {
  readonly noticed: number;
  readonly survivors: readonly Survivor[];
  readonly unnoticeable: readonly Unnoticeable[];
  /** False when `goOn` ended it before every change was tried. */
  readonly complete: boolean;
}

/**
 * Tries every small change of a policy against cases that all pass: each must make at least one of them fail.
 * `goOn` is asked before each change, and ends the search when it says no.
 */
export function mutate(policy: Policy, cases: readonly ReadyCase[], goOn: () => boolean): MutationReport {
  const survivors: Survivor[] = [];
  const unnoticeable: Unnoticeable[] = [];
  let noticed = 0;
  const boundary = boundaries(policy);
  for (const mutant of mutantsOf(policy)) {
    if (!goOn()) return { noticed, survivors, unnoticeable, complete: false };
    const differs = quickly(policy, mutant);
    const notices = ({ input, expect }: ReadyCase): boolean =>
      differs(input) && complaints(expect, judge(mutant.policy, input, input.time.unix)).length > 0;
    if (cases.some(notices)) {
      noticed += 1;
      continue;
    }
    const inputs = boundary(mutant.rules);
    const witness = findWitness(policy, mutant, inputs, differs);
    if (witness === undefined) unnoticeable.push({ mutant, inputs: inputs.length });
    else survivors.push({ mutant, witness });
  }
  return { noticed, survivors, unnoticeable, complete: true };
}

/** Boundary inputs of rules, worked out once for all mutants of the same ones. */
function boundaries(policy: Policy): (rules: Mutant['rules']) => readonly PolicyInput[] {
  let last: { readonly rules: Mutant['rules']; readonly inputs: readonly PolicyInput[] } | undefined;
  return (rules) => {
    if (last?.rules !== rules) last = { rules, inputs: boundaryOf(policy, rules, SEARCH_MAX).inputs };
    return last.inputs;
  };
}

/** Whether a mutant could decide an input otherwise: asks only the rules that were changed, both as they were and as they are. */
function quickly(policy: Policy, { policy: changed, rules, kind }: Mutant): (input: PolicyInput) => boolean {
  if (kind === 'default') return () => true;
  const names = new Set(rules.map(({ name }) => name));
  const before = { ...policy, rules };
  const after = { ...changed, rules: changed.rules.filter(({ name }) => names.has(name)) };
  return (input) => JSON.stringify(said(before, input)) !== JSON.stringify(said(after, input));
}

function said(policy: Policy, input: PolicyInput): unknown {
  const { decision, quorum, matched, pending, obligations } = judge(policy, input, input.time.unix);
  return [decision, quorum, matched, pending, obligations];
}

function findWitness(
  policy: Policy,
  mutant: Mutant,
  inputs: readonly PolicyInput[],
  differs: (input: PolicyInput) => boolean,
): Survivor['witness'] | undefined {
  for (const input of inputs) {
    if (!differs(input)) continue;
    const [before, after] = [
      judge(policy, input, input.time.unix),
      judge(mutant.policy, input, input.time.unix),
    ];
    if (!sameOutcome(before, after)) return { input, before, after };
  }
  return undefined;
}

/** Whether two verdicts come to the same for a submitter and the approvers. */
export function sameOutcome(a: Verdict, b: Verdict): boolean {
  return outcomeOf(a) === outcomeOf(b);
}

function outcomeOf({ decision, rules, quorum, obligations }: Verdict): string {
  return JSON.stringify([decision, rules, quorum, obligations]);
}
