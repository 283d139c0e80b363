import { toHex } from '@countersign/codec';
import type { VerdictNote, VerifiedLedger } from '@countersign/ledger';
import type { Request } from '@countersign/messages';
import {
  judge,
  loadPolicy,
  PolicyError,
  stricter,
  type Policy,
  type PolicyInput,
  type Verdict,
} from '@countersign/policy';
import { pastSubmissions, policiesOf, type PastSubmission } from './past-submissions.ts';
import { pastInput, type FactsSource, type Kept, type KnownPast, type ReplayGap } from './replay-input.ts';

/** A submission that was asked about again: what was said then, and what the other policy says. */
export interface Replayed {
  readonly type: 'replayed';
  readonly past: PastSubmission;
  readonly source: FactsSource;
  readonly before: Verdict;
  /** While its `pending` names rules it is the least that would be asked: no dry run is known. */
  readonly after: Verdict;
  readonly changed: boolean;
}

/** A submission that was not, and why. */
export interface Unreplayed {
  readonly type: 'unreplayed';
  readonly past: PastSubmission;
  readonly gap: ReplayGap;
}

/**
 * Asks `after` about every submission of a ledger. A submission counts as replayed only when the policy that decided it
 * then comes to the recorded verdict on the same input: what is not known of it cannot have mattered then. Rego is never
 * asked. Nothing is recorded. docs/spec/policy-tests.md#past-submissions
 */
export function replay(
  ledger: VerifiedLedger,
  after: Policy,
  kept: Kept | undefined,
): readonly (Replayed | Unreplayed)[] {
  const all = pastSubmissions(ledger);
  const signed = new Map(
    all.flatMap(({ request }) => (request === undefined ? [] : [[request.target.name, request]])),
  );
  const policies = loadable(ledger);
  return all.map((past) => {
    const { submission, person, verdict } = past;
    if (past.erased || submission === undefined) return { type: 'unreplayed', past, gap: 'erased' };
    if (verdict === undefined || person === undefined) return { type: 'unreplayed', past, gap: 'undecided' };
    const stage = (['dry-run', 'request/not-made', 'statement/not-offered'] as const).find((name) =>
      verdict.rules.includes(name),
    );
    if (stage !== undefined) return { type: 'unreplayed', past, gap: stage };
    const before = policies(verdict.policyDigest);
    if (before === undefined) return { type: 'unreplayed', past, gap: 'policy' };
    const around = { kept, signed, before, after };
    const known: KnownPast = { ...past, submission, person };
    const done = replayOne(known, verdict, around);
    return typeof done === 'string' ? { type: 'unreplayed', past, gap: done } : { ...done, past };
  });
}

type Around = Parameters<typeof pastInput>[1];

function replayOne(past: KnownPast, then: VerdictNote, around: Around): Omit<Replayed, 'past'> | ReplayGap {
  const { before: old, after: next } = around;
  if (old.rego.has(past.submission.target)) return 'rego';
  const input = pastInput(past, around);
  if (typeof input === 'string') return input;
  if (input.first.facts.dialect !== 'sqlite' && !sameFunctions(old, next)) return 'functions';
  const ask = (policy: Policy): Verdict => {
    const judged = (look: PolicyInput): Verdict => judge(policy, look, past.submission.madeAt);
    const first = judged(input.first);
    if (input.second === undefined) return first;
    const second = judged(input.second);
    return { ...stricter(first, second), pending: second.pending };
  };
  const [before, after] = [ask(old), ask(next)];
  const wanting = input.first.budget === undefined && [[old, before] as const, [next, after] as const];
  if (wanting !== false && wanting.some(([policy, verdict]) => failedForBudget(policy, verdict)))
    return 'budget';
  if (!isRecorded(before, then, past.request))
    return then.rules.some((rule) => before.pending.includes(rule)) ? 'diff' : 'differs';
  return { type: 'replayed', source: input.source, before, after, changed: !saysTheSame(before, after) };
}

/** Whether a verdict is the recorded one, as far as that was recorded. */
function isRecorded(
  { decision, rules, quorum }: Verdict,
  then: VerdictNote,
  request: Request | undefined,
): boolean {
  if (decision !== then.decision || JSON.stringify(rules) !== JSON.stringify(then.rules)) return false;
  return request === undefined || JSON.stringify(quorum) === JSON.stringify(request.policy.quorum);
}

/** Whether two verdicts ask the same; which rules ask it does not matter. */
function saysTheSame(a: Verdict, b: Verdict): boolean {
  const asked = ({ decision, quorum, obligations }: Verdict): string =>
    JSON.stringify(decision === 'deny' ? [decision] : [decision, quorum, obligations]);
  return asked(a) === asked(b);
}

function sameFunctions(a: Policy, b: Policy): boolean {
  return JSON.stringify(a.functions) === JSON.stringify(b.functions);
}

/** Whether a rule that looks at the budget failed for want of it, and would else have said something unknown. */
function failedForBudget(policy: Policy, { matched }: Verdict): boolean {
  const failed = new Set(
    matched.filter(({ reason }) => reason.startsWith('policy/rule-error: ')).map(({ rule }) => rule),
  );
  return policy.rules.some(
    ({ name, when }) => failed.has(name) && when !== undefined && looksAtBudget(policy, when.names),
  );
}

function looksAtBudget(policy: Policy, names: ReadonlySet<string>): boolean {
  return [...names].some((name) => {
    const condition = policy.conditions.get(name);
    return (
      name === 'budget' || (condition !== undefined && looksAtBudget(policy, condition.expression.names))
    );
  });
}

/** Returns what gives a recorded policy by its digest; undefined for one that is not there or can no longer be read. */
function loadable(ledger: VerifiedLedger): (digest: Uint8Array) => Policy | undefined {
  const files = policiesOf(ledger);
  const loaded = new Map<string, Policy | undefined>();
  return (digest) => {
    const key = toHex(digest);
    const found = files.get(key);
    if (found !== undefined && !loaded.has(key)) loaded.set(key, loadedOrNot(found));
    return loaded.get(key);
  };
}

function loadedOrNot(files: Parameters<typeof loadPolicy>[0]): Policy | undefined {
  try {
    return loadPolicy(files);
  } catch (thrown) {
    if (!(thrown instanceof PolicyError)) throw thrown;
    return undefined;
  }
}
