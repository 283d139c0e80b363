import type { NamedTolerance } from '@countersign/sql';
import { COLUMNS_MAX, driftingFault, isColumnName } from './obligation.ts';
import { COUNT_MAX, ROLES_MAX, STEPS_MAX, mergeQuorums } from './quorum.ts';
import { regoFailure } from './rego-code.ts';
import type { RegoFailure } from './rego-code.ts';
import { oneLine } from './stricter.ts';
import { NO_TOLERANCE, tolerancePairs } from './tolerance.ts';
import type { DecisionKind, Quorum, Verdict } from './verdict.ts';

export const REGO_ANSWER_BYTES_MAX = 65_536;
const RULES_MAX = 32;
const REASON_LENGTH_MAX = 1000;
const RULE = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/;

/** What a Rego policy says, in the words of a verdict. */
export interface RegoAnswer {
  readonly type: 'answered';
  readonly decision: DecisionKind;
  readonly rules: readonly string[];
  readonly reason: string;
  /** Empty unless the decision is `require`. */
  readonly quorum: Quorum;
  /** Nothing unless the decision is `require`. */
  readonly tolerance: NamedTolerance;
}

export type RegoOutcome = RegoAnswer | RegoFailure;

/** Returns the answer in the one result that an evaluation gave, such as `[{"result": …}]`. */
export function readRegoResults(text: string): RegoOutcome {
  const results = parsed(text);
  if (results.type === 'failed') return results;
  if (!Array.isArray(results.value)) return shape('no list of results');
  const [only, second] = results.value as readonly unknown[];
  if (only === undefined) return regoFailure('rego/undefined', 'the policy says nothing on this input');
  if (second !== undefined) return shape('several results');
  return readResult(only);
}

/** Returns the answer in the body of a reply of OPA's data API, such as `{"result": …}`. */
export function readRegoReply(text: string): RegoOutcome {
  const reply = parsed(text);
  return reply.type === 'failed' ? reply : readResult(reply.value);
}

type Parsed = { readonly type: 'value'; readonly value: unknown } | RegoFailure;

function parsed(text: string): Parsed {
  if (text.length > REGO_ANSWER_BYTES_MAX) {
    return regoFailure('rego/answer-too-large', `the answer is over ${REGO_ANSWER_BYTES_MAX} bytes`);
  }
  try {
    return { type: 'value', value: JSON.parse(text) };
  } catch {
    return regoFailure('rego/answer-syntax', 'the answer is no JSON');
  }
}

function readResult(holder: unknown): RegoOutcome {
  if (!isMap(holder)) return shape('no object with a result');
  if (!Object.hasOwn(holder, 'result')) {
    return regoFailure('rego/undefined', 'the policy says nothing on this input');
  }
  return readAnswer(holder['result']);
}

/** An answer that is not wholly understood is none: a key too many may be a misspelt one. */
function readAnswer(value: unknown): RegoOutcome {
  if (!isMap(value)) return shape('no object');
  const known = ['decision', 'rules', 'reason', 'quorum', 'may_drift', 'fewer_rows'];
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) return shape(`an unknown key ${JSON.stringify(unknown.slice(0, 64))}`);
  const { decision, rules, reason, quorum = [] } = value;
  if (decision !== 'allow' && decision !== 'require' && decision !== 'deny') {
    return shape('a decision that is not allow, require or deny');
  }
  if (!isRules(rules)) return shape(`rules that are not 1 to ${RULES_MAX} names`);
  if (typeof reason !== 'string' || reason.trim() === '' || reason.length > REASON_LENGTH_MAX) {
    return shape(`a reason that is not 1 to ${REASON_LENGTH_MAX} characters`);
  }
  const steps = readQuorum(quorum);
  if (steps === undefined) return shape('a quorum that is no list of role, count and step');
  if ((decision === 'require') !== steps.length > 0) {
    return shape('a quorum without require, or require without a quorum');
  }
  const tolerance = readTolerance(value);
  if (tolerance === undefined)
    return shape('a may_drift that is no list of columns, or a fewer_rows that is not true');
  if (decision !== 'require' && tolerance !== NO_TOLERANCE)
    return shape('may_drift or fewer_rows without require');
  const names = [...new Set(rules)].sort();
  return { type: 'answered', decision, rules: names, reason: oneLine(reason), quorum: steps, tolerance };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRules(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > RULES_MAX) return false;
  return value.every((rule) => typeof rule === 'string' && RULE.test(rule));
}

/** What the answer lets differ; undefined when it is not in the form that the policy's files have. */
function readTolerance({
  may_drift: drift,
  fewer_rows: fewer,
}: Readonly<Record<string, unknown>>): NamedTolerance | undefined {
  if (drift === undefined && fewer === undefined) return NO_TOLERANCE;
  const columns = drift === undefined ? [] : readColumns(drift);
  if (columns === undefined || (fewer !== undefined && fewer !== true)) return undefined;
  return { columns, fewerRows: fewer === true };
}

function readColumns(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > COLUMNS_MAX) return undefined;
  const names: readonly unknown[] = value;
  if (!names.every((name) => typeof name === 'string' && isColumnName(name))) return undefined;
  const columns = [...new Set(names as readonly string[])].sort();
  return driftingFault(columns) === undefined ? columns : undefined;
}

/** The steps of a flat list whose places name their step, 1 when they name none; undefined when it is none. */
function readQuorum(value: unknown): Quorum | undefined {
  if (!Array.isArray(value) || value.length > STEPS_MAX * ROLES_MAX) return undefined;
  const steps: { role: string; count: number }[][] = [];
  for (const place of value as readonly unknown[]) {
    if (!isPlace(place)) return undefined;
    const { role, count, step = 1 } = place;
    const places = (steps[step - 1] ??= []);
    if (places.some((other) => other.role === role)) return undefined;
    places.push({ role, count });
  }
  const roles = new Set(steps.flat().map(({ role }) => role));
  const gapless = Array.from(steps, (step) => step as unknown).every((step) => step !== undefined);
  return gapless && roles.size <= ROLES_MAX ? mergeQuorums(steps, []) : undefined;
}

interface Place {
  readonly role: string;
  readonly count: number;
  readonly step?: number;
}

function isPlace(value: unknown): value is Place {
  if (!isMap(value)) return false;
  const { role, count, step = 1, ...more } = value;
  return (
    Object.keys(more).length === 0 &&
    typeof role === 'string' &&
    role.length > 0 &&
    role.length <= 64 &&
    isBetween(count, 1, COUNT_MAX) &&
    isBetween(step, 1, STEPS_MAX)
  );
}

function isBetween(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

function shape(what: string): RegoFailure {
  return regoFailure('rego/answer-shape', `the answer has ${what}; see docs/spec/rego.md`);
}

/**
 * Returns the verdict that an outcome amounts to: whatever is no answer denies. Without a diff, of a text that is
 * not known to read only, it is the first of two.
 */
export function regoVerdict(
  outcome: RegoOutcome,
  { policyDigest, final }: { readonly policyDigest: Uint8Array; readonly final: boolean },
): Verdict {
  const answer = outcome.type === 'answered' ? outcome : denial(outcome);
  const { decision, rules, reason, quorum, tolerance } = answer;
  const names = rules.map((rule) => `rego:${rule}`);
  return {
    decision,
    rules: names,
    reason,
    policyDigest,
    quorum,
    matched: names.map((rule) => ({ rule, effect: decision, reason })),
    pending: final ? [] : ['rego'],
    obligations: tolerancePairs(tolerance),
  };
}

function denial({ code, message }: RegoFailure): RegoAnswer {
  return {
    type: 'answered',
    decision: 'deny',
    rules: ['no-answer'],
    reason: oneLine(`${code}: ${message}`),
    quorum: [],
    tolerance: NO_TOLERANCE,
  };
}
