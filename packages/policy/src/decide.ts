import type { NamedTolerance } from '@countersign/sql';
import { withoutEase } from './break-glass.ts';
import type { PolicyDiff, PolicyInput } from './input.ts';
import type { Condition, Obligation, Policy, Rule } from './policy.ts';
import type { Expression } from './expression.ts';
import type { KnownValues } from './shortcut.ts';
import { meet } from './oblige.ts';
import { mergeQuorums } from './quorum.ts';
import { DIFF_NAMES, inputValues } from './surface.ts';
import type { MatchedRule, Quorum, Verdict } from './verdict.ts';
import { oneLine, sortedMatches } from './stricter.ts';
import { tagsOf, type TagView } from './tags.ts';
import { NO_TOLERANCE, TOLERANCE_NAMES, bothTolerate, toleranceOf, tolerancePairs } from './tolerance.ts';
import { askMoreUntried } from './untried.ts';
import { NEVER, isOpen, parseWindow } from './window.ts';

const NOTHING_CHANGED: PolicyDiff = {
  rows: 0,
  tables: [],
  complete: true,
  notPreviewed: [],
  schemaChanges: [],
};

/** What the rules have said so far. */
interface Tally {
  readonly matched: MatchedRule[];
  readonly pending: Set<string>;
  readonly obligations: Map<string, string>;
  quorum: Quorum;
  /** What every rule so far that asks for approval lets differ; undefined before the first. */
  tolerance: NamedTolerance | undefined;
}

/**
 * What the rules say of a submission. An allowance that only a declared emergency reaches is a denial: a declaration may ask
 * other people, and never nobody. docs/spec/policy.md#break-glass
 */
export function decide(policy: Policy, input: PolicyInput): Verdict {
  const verdict = decideAsGiven(policy, input);
  if (input.breakGlass !== true || verdict.decision !== 'allow') return verdict;
  return withoutEase(verdict, decideAsGiven(policy, { ...input, breakGlass: undefined }));
}

/**
 * Decides a submission: deny beats require beats allow, requirements add up, nothing matched means the
 * default. A rule that fails denies. Without a diff the rules that look at it are named as pending, and
 * the verdict is the first of two. Only a text that is known to change nothing is ever allowed: what runs
 * unasked runs where the engine itself refuses to write.
 */
function decideAsGiven(policy: Policy, input: PolicyInput): Verdict {
  const diff = knownDiff(input);
  const tags = tagsOf(policy.tags.get(input.target.name), input);
  const values = new Values(policy, valuesOf(policy, input, tags), tags);
  const tally: Tally = {
    matched: [],
    pending: new Set(),
    obligations: new Map(),
    quorum: [],
    tolerance: undefined,
  };
  for (const rule of policy.rules) judge(rule, values, input, diff, tally);
  return askMoreUntried(conclude(policy, input, diff, tally), policy, diff);
}

/** The diff as far as it is known: what cannot write has the empty one, so that one look is enough. */
export function knownDiff({ diff, facts }: PolicyInput): PolicyDiff | undefined {
  return diff ?? (facts.readOnly ? NOTHING_CHANGED : undefined);
}

/** The value of every input that rules may look at; those that are not known are left out. */
export function valuesOf(
  policy: Pick<Policy, 'tags'>,
  input: PolicyInput,
  tags: TagView = tagsOf(policy.tags.get(input.target.name), input),
): Record<string, unknown> {
  return inputValues(input, knownDiff(input), tags, policy.tags.get(input.target.name)?.target ?? []);
}

/** The inputs, and the conditions worked out when first asked for. */
class Values implements KnownValues {
  readonly known: Record<string, unknown>;
  readonly tags: TagView;
  readonly #policy: Policy;
  readonly #asked = new Set<string>();

  constructor(policy: Policy, known: Record<string, unknown>, tags: TagView) {
    this.#policy = policy;
    this.tags = tags;
    this.known = known;
  }

  /** Works out the conditions among `names`; one that fails stays unset, which fails the rule that needs it. */
  prepare(names: ReadonlySet<string>): void {
    if (this.#policy.conditions.size === 0) return;
    for (const name of names) this.condition(name);
  }

  condition(name: string): boolean | undefined {
    const condition = this.#policy.conditions.get(name);
    if (condition === undefined) return undefined;
    if (!this.#asked.has(name)) {
      this.#asked.add(name);
      const value = this.#workOut(condition);
      if (value !== undefined) this.known[name] = value;
    }
    return booleanOf(this.known[name]);
  }

  #workOut({ expression }: Condition): boolean | undefined {
    if (!('diff' in this.known) && [...expression.names].some((used) => DIFF_NAMES.has(used)))
      return undefined;
    const value = evaluate(expression, this);
    return value.type === 'value' ? booleanOf(value.value) : undefined;
  }
}

/** Returns for each named condition whether it holds; null when it fails, or looks at a diff that is not known yet. */
export function conditionsOf(policy: Policy, input: PolicyInput): ReadonlyMap<string, boolean | null> {
  const tags = tagsOf(policy.tags.get(input.target.name), input);
  const values = new Values(policy, valuesOf(policy, input, tags), tags);
  return new Map([...policy.conditions.keys()].map((name) => [name, values.condition(name) ?? null]));
}

function booleanOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

type Attempt =
  { readonly type: 'value'; readonly value: unknown } | { readonly type: 'error'; readonly message: string };

/** What an expression comes to: by its shortcut when that knows, else by CEL's interpreter. */
function evaluate(expression: Expression, values: Values): Attempt {
  const known = expression.shortcut?.(values, undefined);
  if (known !== undefined) return { type: 'value', value: known };
  values.prepare(expression.names);
  try {
    return { type: 'value', value: expression.run(values.known) as unknown };
  } catch (error) {
    return {
      type: 'error',
      message: error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : 'failed',
    };
  }
}

function judge(
  rule: Rule,
  values: Values,
  input: PolicyInput,
  diff: PolicyDiff | undefined,
  tally: Tally,
): void {
  if (rule.usesDiff && diff === undefined) {
    tally.pending.add(rule.name);
    return;
  }
  const match = matches(rule, values);
  if (match.type === 'error') {
    const fault =
      rule.usesTags && values.tags.type === 'unknown'
        ? `tags are not known: ${values.tags.fault}`
        : match.message;
    deny(rule, `policy/rule-error: rule ${rule.name} failed: ${fault}`, tally);
    return;
  }
  if (match.value !== true) return;
  for (const obligation of rule.obligations)
    if (!TOLERANCE_NAMES.has(obligation.type)) oblige(rule, obligation, input, diff, tally);
  switch (rule.outcome.type) {
    case 'oblige':
      return;
    case 'require':
      tally.quorum = mergeQuorums(tally.quorum, rule.outcome.quorum);
      tally.tolerance = bothTolerate(
        tally.tolerance ?? toleranceOf(rule.obligations),
        toleranceOf(rule.obligations),
      );
      tally.matched.push({ rule: rule.name, effect: 'require', reason: rule.reason });
      return;
    case 'allow':
    case 'deny':
      tally.matched.push({ rule: rule.name, effect: rule.outcome.type, reason: rule.reason });
      return;
    default:
      rule.outcome satisfies never;
  }
}

function matches(rule: Rule, values: Values): Attempt {
  const { when } = rule;
  if (when === undefined) return { type: 'value', value: true };
  const result = evaluate(when, values);
  if (result.type === 'error' || typeof result.value === 'boolean') return result;
  return { type: 'error', message: 'neither true nor false' };
}

function deny(rule: Rule, reason: string, tally: Tally): void {
  tally.matched.push({ rule: rule.name, effect: 'deny', reason: oneLine(reason) });
}

function oblige(
  rule: Rule,
  obligation: Obligation,
  input: PolicyInput,
  diff: PolicyDiff | undefined,
  tally: Tally,
): void {
  const met = meet(obligation, input, diff, tally.obligations.get(obligation.type));
  switch (met.type) {
    case 'met':
      tally.obligations.set(obligation.type, met.value);
      return;
    case 'pending':
      tally.pending.add(rule.name);
      return;
    case 'missing':
      deny(rule, `rule ${rule.name} ${met.fault}`, tally);
      return;
    default:
      met satisfies never;
  }
}

function conclude(policy: Policy, input: PolicyInput, diff: PolicyDiff | undefined, tally: Tally): Verdict {
  const matched = sortedMatches(tally.matched);
  const pending = [...tally.pending].sort();
  const make = (
    decision: Verdict['decision'],
    deciding: readonly MatchedRule[],
    quorum: Quorum,
    tolerance = NO_TOLERANCE,
  ): Verdict => ({
    decision,
    rules: [...new Set(deciding.map(({ rule }) => rule))],
    reason: oneLine([...new Set(deciding.map(({ reason }) => reason))].join('; ')),
    policyDigest: policy.digest,
    quorum,
    matched,
    pending,
    obligations: [...tally.obligations, ...tolerancePairs(tolerance)].sort(([a], [b]) => (a < b ? -1 : 1)),
  });
  const by = (effect: Verdict['decision']): readonly MatchedRule[] =>
    matched.filter((match) => match.effect === effect);
  const [denied, required, allowed] = [by('deny'), by('require'), by('allow')];
  if (denied.length > 0) return make('deny', denied, []);
  if (required.length > 0) return make('require', required, tally.quorum, tally.tolerance);
  const fallback = { rule: 'default', effect: 'require', reason: policy.fallback.reason } as const;
  if (allowed.length === 0) return make('require', [fallback], policy.fallback.quorum);
  if (input.facts.readOnly && isEmpty(diff) && pending.length === 0)
    return allowNow(tally, input.time.unix)
      ? make('allow', allowed, [])
      : make('deny', shut(tally, allowed), []);
  const reason = 'an allow rule matched, but only a text that changes nothing runs unasked';
  return make('require', [{ ...fallback, reason }], policy.fallback.quorum);
}

/** What is allowed runs at once: its window must be open. */
function allowNow({ obligations }: Tally, unix: number): boolean {
  const window = obligations.get('window');
  return window === undefined || isOpen(parseWindow(window), unix);
}

function shut({ obligations }: Tally, allowed: readonly MatchedRule[]): readonly MatchedRule[] {
  const reason = `this runs only ${obligations.get('window') ?? NEVER}`;
  return allowed.map(({ rule }) => ({ rule, effect: 'deny', reason }));
}

function isEmpty(diff: PolicyDiff | undefined): boolean {
  return (
    diff !== undefined &&
    diff.rows === 0 &&
    diff.schemaChanges.length === 0 &&
    diff.notPreviewed.length === 0 &&
    diff.tables.every((table) => table.inserted + table.updated + table.deleted === 0)
  );
}
