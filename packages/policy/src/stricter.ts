import { compareBytes, utf8Length } from '@countersign/codec';
import { toleranceIn } from '@countersign/sql';
import { stricterObligation, VALUE_BYTES_MAX } from './obligation.ts';
import { ROLES_MAX, mergeQuorums } from './quorum.ts';
import { TOLERANCE_NAMES, bothTolerate, tolerancePairs } from './tolerance.ts';
import { NEVER } from './window.ts';
import type { DecisionKind, MatchedRule, Quorum, Verdict } from './verdict.ts';

const REASON_LENGTH_MAX = 1000;
const RANK: Readonly<Record<DecisionKind, number>> = { allow: 0, require: 1, deny: 2 };

/** The text on one line of at most 1,000 characters, control and bidi characters shown as `\u{…}`. */
export function oneLine(text: string): string {
  const line = text
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  return line.length > REASON_LENGTH_MAX ? `${line.slice(0, REASON_LENGTH_MAX - 1)}…` : line;
}

/** Matches in the order of their rules' names, each once. */
export function sortedMatches(matches: readonly MatchedRule[]): readonly MatchedRule[] {
  const byKey = new Map(matches.map((match) => [`${match.rule} ${match.effect} ${match.reason}`, match]));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, match]) => match);
}

/**
 * The stricter of two verdicts on one submission, never looser than either: a denial stands, two
 * requirements become the least quorum that covers both and let differ only what both do. Commutative and idempotent.
 */
export function stricter(a: Verdict, b: Verdict): Verdict {
  const rank = Math.max(RANK[a.decision], RANK[b.decision]);
  const deciding = [a, b].filter((verdict) => RANK[verdict.decision] === rank).sort(byDigest);
  const [first] = deciding;
  if (first === undefined) return a;
  const quorum = deciding.reduce<Quorum>((merged, verdict) => mergeQuorums(merged, verdict.quorum), []);
  // Only who decides lets something differ; of two that do, only what both say.
  const tolerance = deciding.map(({ obligations: one }) => toleranceIn(one)).reduce(bothTolerate);
  const obligations = mergeObligations(a.obligations, b.obligations, tolerancePairs(tolerance));
  const both: Verdict = {
    decision: first.decision,
    rules: union(deciding.map((verdict) => verdict.rules)),
    reason: oneLine(withoutRepeats(union(deciding.map((verdict) => [verdict.reason]))).join('; ')),
    policyDigest: first.policyDigest,
    quorum,
    matched: sortedMatches([...a.matched, ...b.matched]),
    pending: union([a.pending, b.pending]),
    obligations,
  };
  const roles = new Set(quorum.flat().map(({ role }) => role));
  if (roles.size > ROLES_MAX) return tooManyRoles(both, roles.size);
  const fault = obligations.flatMap(([name, value]) => {
    if (name === 'window' && value === NEVER) return ['the windows of the rules leave no time to run'];
    return utf8Length(value) > VALUE_BYTES_MAX ? ['the rules mask more columns than a request can name'] : [];
  });
  return fault.length === 0 || both.decision === 'deny'
    ? both
    : { ...both, decision: 'deny', quorum: [], reason: fault.join('; ') };
}

/** A request has no room for such a quorum, and to leave a role out would be looser than one of the two. */
function tooManyRoles(verdict: Verdict, roles: number): Verdict {
  const reason = `policy/too-many-roles: together the policies ask for ${roles} roles, at most ${ROLES_MAX}`;
  const match: MatchedRule = { rule: 'quorum', effect: 'deny', reason };
  return {
    ...verdict,
    decision: 'deny',
    rules: [match.rule],
    reason,
    quorum: [],
    matched: sortedMatches([...verdict.matched, match]),
  };
}

/** Which of two equally strict verdicts gives its digest does not matter, only that it is always the same. */
function byDigest(a: Verdict, b: Verdict): number {
  return compareBytes(a.policyDigest, b.policyDigest);
}

function union(lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())].sort();
}

/** Reasons without those that another one already says. */
function withoutRepeats(reasons: readonly string[]): readonly string[] {
  return reasons.filter(
    (one) => !reasons.some((other) => other !== one && `; ${other}; `.includes(`; ${one}; `)),
  );
}

function mergeObligations(
  a: Verdict['obligations'],
  b: Verdict['obligations'],
  tolerance: Verdict['obligations'],
): Verdict['obligations'] {
  const merged = new Map<string, string>(tolerance);
  for (const [name, value] of [...a, ...b]) {
    if (TOLERANCE_NAMES.has(name)) continue;
    const before = merged.get(name);
    merged.set(name, before === undefined ? value : stricterObligation(name, before, value));
  }
  return [...merged].sort(([x], [y]) => (x < y ? -1 : 1));
}
