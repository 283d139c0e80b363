import { DIALECTS } from '@countersign/sql';
import type { Dialect } from '@countersign/sql';
import { around, constantsOf, diffsAround, factsAround, subsets } from './boundary-parts.ts';
import { UNSAID } from './case-text.ts';
import type { PolicyIdentity, PolicyInput, PolicyTarget, PolicyTime } from './input.ts';
import { mentionsOf } from './mentions.ts';
import type { Mentions } from './mentions.ts';
import type { Obligation, Policy, Rule } from './policy.ts';
import { parseUtc, utcTime } from './time-text.ts';

/** Inputs whose values are derived below; a rule that looks at others cannot be judged by them. */
const DERIVED =
  /^(?:facts|statements|diff|changes)\b|^identity\.(?:id|kind|roles)(?:\[\])?$|^target\.(?:name|engine|tags)(?:\[\])?$|^time\.(?:unix|hour|weekday)$|^(?:reason|context)$|^request\.break_glass$|^claims\.\w+$/;
const MONDAY = parseUtc(UNSAID.time) ?? 0;
const DAY_SECONDS = 86_400;
const INPUTS_MAX = 4000;

/** Submissions at the bounds of the rules' own constants. */
export interface Boundary {
  readonly inputs: readonly PolicyInput[];
  /** Inputs that the rules look at and that were not varied; evidence about them then proves nothing. */
  readonly notVaried: readonly string[];
}

/**
 * Submissions that differ in what these rules look at: each constant, what is one less and one more, names with and
 * without it; everything else is what no obligation of the policy objects to. What the classifier never says is not
 * among them. At most `max`, always the same for the same policy. With `targets` only on those.
 */
export function boundaryOf(
  policy: Policy,
  rules: readonly Rule[],
  max: number = INPUTS_MAX,
  targets: readonly PolicyTarget[] = [],
): Boundary {
  const mentions = mentionsOf(policy, rules);
  const dialects =
    targets.length > 0
      ? DIALECTS.filter((one) => targets.some(({ engine }) => engine === one))
      : dialectsOf(mentions);
  const axes: Axes = {
    facts: dialects.flatMap((dialect) => factsAround(mentions, dialect)),
    diff: diffsAround(mentions),
    identity: identitiesAround(mentions),
    target: targets.length > 0 ? targets : targetsAround(mentions),
    time: timesAround(mentions),
    reason: reasonsAround(mentions, policy),
    context: contextsAround(mentions, policy),
    breakGlass: mentions.has('request.break_glass') ? [undefined, true] : [undefined],
  };
  const inputs = combined(axes, max).map((input) => ({
    ...input,
    target: { ...input.target, engine: input.facts.dialect },
    diff: input.facts.readOnly ? undefined : input.diff,
  }));
  return { inputs, notVaried: [...mentions.keys()].filter((path) => !DERIVED.test(path)) };
}

type Axes = {
  readonly [K in Exclude<keyof PolicyInput, 'relations' | 'budget'>]-?: readonly PolicyInput[K][];
};

/** Every combination when there are few; else an even choice of them that begins with the first of each. */
function combined(axes: Axes, max: number): readonly PolicyInput[] {
  const sizes = Object.values(axes).map((values) => values.length);
  const total = sizes.reduce((product, size) => product * size, 1);
  const count = Math.min(total, max);
  // A stride without a common divisor meets each combination once.
  const stride = total <= max ? 1 : coprime(Math.floor(total * 0.618), total);
  return Array.from({ length: count }, (_, step) => {
    let at = (step * stride) % total;
    const pick = <T>(values: readonly T[]): T => {
      const index = at % values.length;
      at = Math.floor(at / values.length);
      return values[index] as T;
    };
    return {
      facts: pick(axes.facts),
      diff: pick(axes.diff),
      identity: pick(axes.identity),
      target: pick(axes.target),
      time: pick(axes.time),
      reason: pick(axes.reason),
      context: pick(axes.context),
      breakGlass: pick(axes.breakGlass),
    };
  });
}

function coprime(from: number, total: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let stride = Math.max(from, 1);
  while (divisor(stride, total) !== 1) stride += 1;
  return stride;
}

function dialectsOf(mentions: Mentions): readonly Dialect[] {
  return mentions.has('facts.dialect') || mentions.has('target.engine') ? DIALECTS : ['sqlite'];
}

/** The usual name, the names given, and when there are any a name that is none of them. */
function withOther(usual: string, names: ReadonlySet<string>): readonly string[] {
  return [...new Set([usual, ...names, ...(names.size > 0 ? [`not-${usual}`] : [])])];
}

function identitiesAround(mentions: Mentions): readonly PolicyIdentity[] {
  const ids = withOther(UNSAID.identity.id, constantsOf(mentions, 'identity.id').texts);
  const kinds = mentions.has('identity.kind')
    ? (['human', 'agent', 'service'] as const)
    : (['human'] as const);
  const roles = subsets([...constantsOf(mentions, 'identity.roles', 'identity.roles[]').texts]);
  return kinds.flatMap((kind) => ids.flatMap((id) => roles.map((some) => ({ id, kind, roles: some }))));
}

function targetsAround(mentions: Mentions): readonly PolicyTarget[] {
  const names = withOther(UNSAID.targetName, constantsOf(mentions, 'target.name').texts);
  const tags = subsets([...constantsOf(mentions, 'target.tags', 'target.tags[]').texts]);
  return names.flatMap((name) => tags.map((some) => ({ name, engine: 'sqlite', tags: some })));
}

function timesAround(mentions: Mentions): readonly PolicyTime[] {
  const hours = around(constantsOf(mentions, 'time.hour').numbers, 23);
  const days = around(constantsOf(mentions, 'time.weekday').numbers, 6);
  const exact = around(constantsOf(mentions, 'time.unix').numbers, 253_402_300_799);
  const all = [
    MONDAY,
    ...(days.length === 0 ? [1] : days).flatMap((day) =>
      (hours.length === 0 ? [10] : hours).map(
        (hour) => MONDAY + (day - 1) * DAY_SECONDS + (hour - 10) * 3600,
      ),
    ),
    ...exact,
  ];
  return [...new Set(all)].map(utcTime);
}

function obligationsOf<T extends Obligation['type']>(
  policy: Policy,
  type: T,
): readonly Extract<Obligation, { readonly type: T }>[] {
  return policy.rules
    .flatMap(({ obligations }) => obligations)
    .filter((one): one is Extract<Obligation, { readonly type: T }> => one.type === type);
}

function reasonsAround(mentions: Mentions, policy: Policy): readonly string[] {
  const { numbers, texts } = constantsOf(mentions, 'reason');
  const plain = UNSAID.reason.padEnd(
    Math.max(UNSAID.reason.length, ...obligationsOf(policy, 'reason').map(({ lengthMin }) => lengthMin)),
    '.',
  );
  if (!mentions.has('reason')) return [plain];
  return [plain, '', ...texts, ...around(numbers, 4096).map((length) => 'x'.repeat(length))];
}

function contextsAround(mentions: Mentions, policy: Policy): readonly PolicyInput['context'][] {
  const words = [...constantsOf(mentions, 'context').texts];
  const claims = [...mentions].flatMap(([path, { texts }]) =>
    path.startsWith('claims.')
      ? [...texts, 'x'].map((text) => [[path.slice('claims.'.length), text]] as const)
      : [],
  );
  const pairs = words.flatMap((name) => [...new Set(['x', ...words])].map((text) => [[name, text]] as const));
  const all = words.length > 1 ? [words.map((name) => [name, 'x'] as const)] : [];
  const tickets = obligationsOf(policy, 'ticket').flatMap(({ pattern }) => ticketLike(pattern) ?? []);
  const backups = obligationsOf(policy, 'backup').slice(0, 1);
  const given = [
    ...tickets.slice(0, 1).map((ticket) => ['ticket', ticket] as const),
    ...backups.flatMap(() => [['backup', 'nightly'] as const, ['backup_at', UNSAID.time] as const]),
  ];
  const without = given.length > 0 && mentions.has('context') ? [[]] : [];
  return [[], ...pairs, ...claims, ...all].map((own) => [...new Map([...given, ...own])]).concat(without);
}

/** A text that the pattern accepts, found by taking the first of every choice; undefined when that is not enough. */
function ticketLike(pattern: RegExp): string | undefined {
  const text = pattern.source
    .slice(4, -2)
    .replace(/\\d|\[0-9\]/g, '1')
    .replace(/\[(\\?[^\]])[^\]]*\]/g, '$1')
    .replace(/\{(\d+)(?:,\d*)?\}/g, '{$1}')
    .replace(/(.)\{(\d+)\}/g, (_, one: string, count: string) => one.repeat(Math.min(Number(count), 64)))
    .replace(/[+*?()^$]|\|.*$/g, '')
    .replace(/\\(.)/g, '$1');
  return pattern.test(text) ? text : undefined;
}
