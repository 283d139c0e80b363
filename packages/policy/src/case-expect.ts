import { oneOf } from './case-facts.ts';
import type { Item, Mapping } from './document.ts';
import { PolicyError } from './error.ts';
import { readQuorum } from './rule.ts';
import { closedMap, leaf, list, openMap, requiredEntry, text } from './shape.ts';
import type { Expectation } from './test-case.ts';
import type { Quorum, Verdict } from './verdict.ts';

const KEYS = ['decision', 'rules', 'matched', 'quorum', 'reason_contains', 'obligations', 'pending'];
const DECISIONS = ['allow', 'require', 'deny'] as const;
const NAMES_MAX = 500;

/** Reads `expect` of a case. @throws PolicyError with the place */
export function readExpectation(item: Item): Expectation {
  const entries = closedMap(item, KEYS);
  const decision = oneOf(requiredEntry(entries, 'decision', item.place), DECISIONS);
  const quorum = entries.get('quorum');
  if (quorum !== undefined && decision !== 'require') {
    throw new PolicyError(
      'policy/test-expect',
      `a quorum with ${decision}, expected it with require alone`,
      quorum.key,
    );
  }
  const reason = entries.get('reason_contains');
  return {
    decision,
    rules: names(entries, 'rules'),
    matched: names(entries, 'matched') ?? [],
    quorum: quorum === undefined ? undefined : readQuorum(quorum.value),
    reason: reason === undefined ? undefined : text(reason.value, 500),
    obligations: readObligations(entries.get('obligations')?.value),
    pending: names(entries, 'pending'),
  };
}

function names(entries: Mapping['entries'], key: string): readonly string[] | undefined {
  const item = entries.get(key)?.value;
  if (item === undefined) return undefined;
  const items = list(item);
  if (items.length > NAMES_MAX)
    throw new PolicyError('policy/too-large', `more than ${NAMES_MAX} names`, item.place);
  return [...new Set(items.map((one) => text(one, 64)))].sort();
}

function readObligations(item: Item | undefined): Expectation['obligations'] {
  if (item === undefined) return [];
  return [...openMap(item)].map(([name, { value }]) => [name, String(leaf(value).value)]);
}

/** What the verdict has other than expected, one line each; empty when all is as expected. */
export function complaints(expect: Expectation, verdict: Verdict): readonly string[] {
  const found: string[] = [];
  const differ = (what: string, wanted: string, got: string): void => {
    if (wanted !== got) found.push(`${what}: expected ${wanted}, got ${got}`);
  };
  differ('decision', expect.decision, verdict.decision);
  if (expect.rules !== undefined) differ('rules', listText(expect.rules), listText(verdict.rules));
  if (expect.quorum !== undefined) differ('quorum', quorumText(expect.quorum), quorumText(verdict.quorum));
  if (expect.pending !== undefined) differ('pending', listText(expect.pending), listText(verdict.pending));
  const matched = new Set(verdict.matched.map(({ rule }) => rule));
  const absent = expect.matched.filter((rule) => !matched.has(rule));
  if (absent.length > 0)
    found.push(`matched: expected ${listText(absent)} too, got ${listText([...matched])}`);
  if (expect.reason !== undefined && !verdict.reason.includes(expect.reason))
    found.push(
      `reason: expected ${JSON.stringify(expect.reason)} in it, got ${JSON.stringify(verdict.reason)}`,
    );
  const met = new Map(verdict.obligations);
  for (const [name, value] of expect.obligations) {
    differ(`obligation ${name}`, value, met.get(name) ?? 'none');
  }
  return found;
}

function listText(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.join(', ');
}

/** A quorum on one line, such as `2 dba, then 1 owner`. */
export function quorumText(quorum: Quorum): string {
  const steps = quorum.map((step) => step.map(({ role, count }) => `${count} ${role}`).join(' and '));
  return steps.length === 0 ? 'none' : steps.join(', then ');
}
