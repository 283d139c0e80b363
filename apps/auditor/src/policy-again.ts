import { equalBytes, toHex } from '@countersign/codec';
import type { Life, VerifiedEntry, VerifiedLedger } from '@countersign/ledger';
import type { Person, Request, RosterDirectory, Submission } from '@countersign/messages';
import {
  declarationFault,
  judge,
  loadPolicy,
  outlineFault,
  PolicyError,
  scopeFault,
  signedFacts,
  stricter,
  utcTime,
  type Policy,
  type PolicyBudget,
  type PolicyInput,
  type Verdict,
} from '@countersign/policy';
import { visibleText } from '@countersign/program';
import { Uses } from './counted-usage.ts';

/** What was let through, or run, otherwise than the recorded policy says. */
export interface PolicyFinding {
  readonly requestId: string;
  /** Of the verdict or the intent. */
  readonly index: number;
  readonly code: 'policy/denies' | 'policy/asks-more' | 'policy/out-of-scope';
  readonly reason: string;
}

/** What came of asking the recorded policies again. */
export interface PolicyAgain {
  readonly findings: readonly PolicyFinding[];
  /** Verdicts of which the whole policy was asked again. */
  readonly asked: number;
  /** Verdicts of reads, of which scopes alone were asked, and of these only targets and hours. */
  readonly outlined: number;
  /** Verdicts of which nothing could be asked. */
  readonly notAsked: number;
}

type Fault = Pick<PolicyFinding, 'code' | 'reason'>;

/**
 * Asks the recorded policies again about everything that a ledger says was let through. What is a finding is one however the moment
 * of the question, the roster and the counts are read where the ledger leaves them open. docs/auditing.md#policy
 */
export function policyAgain(ledger: VerifiedLedger): PolicyAgain {
  const again = new Again(ledger);
  for (const life of ledger.lives.values()) again.ask(life);
  const { findings, asked, outlined: reads, notAsked } = again;
  return { findings, asked, outlined: reads, notAsked };
}

/** An entry by which something was let through. */
interface Admission {
  readonly life: Life;
  readonly submission: Submission;
  readonly index: number;
  readonly at: number;
  readonly policy: Policy;
  /** The submitter by the rosters that may have been asked. */
  readonly persons: readonly Person[];
}

class Again {
  readonly findings: PolicyFinding[] = [];
  asked = 0;
  outlined = 0;
  notAsked = 0;
  readonly #ledger: VerifiedLedger;
  readonly #uses: Uses;
  readonly #rosters: readonly (RosterDirectory | undefined)[];
  readonly #policies: readonly (Recorded | undefined)[];

  constructor(ledger: VerifiedLedger) {
    this.#ledger = ledger;
    this.#uses = new Uses(ledger.entries, ledger.lives.values());
    this.#rosters = inForce(ledger.entries, ({ content }) =>
      content.type === 'roster' ? content.directory : undefined,
    );
    const loaded = new Map<string, Recorded>();
    this.#policies = inForce(ledger.entries, ({ content }) => {
      if (content.type !== 'policy') return undefined;
      const { digest, files } = content.note;
      const known = loaded.get(toHex(digest)) ?? { digest, policy: loadedOrNot(files) };
      loaded.set(toHex(digest), known);
      return known;
    });
  }

  ask(life: Life): void {
    for (const index of life.indexes) {
      const content = this.#ledger.entries[index]?.content;
      const isSealed = index > (life.request?.index ?? Infinity);
      if (content?.type === 'verdict' && content.note.decision !== 'deny' && !isSealed)
        this.#count(life, index, this.#askVerdict(life, index, content.note));
      if (content?.type === 'intent') this.#tell(life, index, this.#askIntent(life, index, content.note));
    }
  }

  #askVerdict(
    life: Life,
    index: number,
    note: { readonly decision: Verdict['decision']; readonly policyDigest: Uint8Array },
  ): Fault | 'asked' | 'outlined' | undefined {
    const admission = this.#admission(life, index, note.policyDigest);
    if (admission === undefined) return undefined;
    if (note.decision === 'allow') return outlined(admission) ?? 'outlined';
    const request = life.request?.signed.record;
    return request === undefined ? undefined : this.#askSealed(admission, request);
  }

  /** The policy that begins a run is asked with tags and a schema of that moment, which nothing records: here its scopes alone. */
  #askIntent(life: Life, index: number, note: { readonly policyDigest: Uint8Array }): Fault | undefined {
    const admission = this.#admission(life, index, note.policyDigest);
    const request = life.request?.signed.record;
    return admission === undefined || request === undefined ? undefined : scoped(admission, request);
  }

  #admission(life: Life, index: number, digest: Uint8Array): Admission | undefined {
    const [first = 0] = life.indexes;
    const { submission: signed, requester } = life;
    const recorded = this.#policies[index];
    // Of two policies that a verdict was made by the ledger names one: the newest was asked last, with everything.
    const policy =
      recorded !== undefined && equalBytes(recorded.digest, digest) ? recorded.policy : undefined;
    const rosters = new Set([this.#rosters[first], this.#rosters[index]]);
    const persons = [...rosters].flatMap((roster) => roster?.person(requester.person) ?? []);
    if (signed === undefined || policy === undefined || persons.length === 0) return undefined;
    const at = this.#ledger.entries[index]?.entry.madeAt ?? 0;
    return { life, submission: signed.record, index, at, policy, persons };
  }

  #askSealed(admission: Admission, request: Request): Fault | 'asked' | undefined {
    const { policy, submission, persons, at } = admission;
    const facts = signedFacts(
      request.facts,
      request.statements.map(({ sql }) => sql),
    );
    if (facts === undefined) return undefined;
    const inputs = persons.flatMap((person) =>
      this.#budgets(admission, request).flatMap((budget) =>
        // The clock is read for the entry, and a moment later for the question.
        [at, at + 1].map((time): PolicyInput => ({
          facts,
          identity: person,
          target: {
            name: request.target.name,
            engine: request.target.engine,
            tags: request.target.tags ?? [],
          },
          diff: request.effect,
          budget,
          time: utcTime(time),
          reason: submission.reason,
          context: submission.context ?? [],
          breakGlass: submission.breakGlass,
        })),
      ),
    );
    const faults = inputs.map((input) => sealedFault(judge(policy, input, submission.madeAt), request));
    return common(faults) ?? 'asked';
  }

  #budgets({ life, policy, index, at }: Admission, request: Request): readonly PolicyBudget[] {
    const looks = [...policy.conditions.values()].map(({ expression }) => expression);
    const whens = policy.rules.flatMap(({ when }) => when ?? []);
    // Nobody looks at it.
    if (![...looks, ...whens].some(({ names }) => names.has('budget'))) return [nothingUsed];
    const [own = 0] = life.indexes;
    const { least, most } = this.#uses.at(life.requester.person, { index, at, own }, request.effect.rows);
    return JSON.stringify(least) === JSON.stringify(most) ? [least] : [least, most];
  }

  #count(life: Life, index: number, answer: Fault | 'asked' | 'outlined' | undefined): void {
    if (answer === undefined) this.notAsked += 1;
    else if (answer === 'outlined') this.outlined += 1;
    else if (answer === 'asked') this.asked += 1;
    else this.#tell(life, index, answer);
  }

  #tell({ id }: Life, index: number, fault: Fault | undefined): void {
    if (fault !== undefined) this.findings.push({ requestId: toHex(id), index, ...fault });
  }
}

const nothingUsed: PolicyBudget = { requestsHour: 1, requestsDay: 1, rowsHour: 0, rowsDay: 0 };

interface Recorded {
  readonly digest: Uint8Array;
  /** Undefined when it can no longer be read. */
  readonly policy: Policy | undefined;
}

function loadedOrNot(files: readonly (readonly [path: string, text: string])[]): Policy | undefined {
  try {
    return loadPolicy(files.map(([path, text]) => ({ path, text })));
  } catch (error) {
    if (error instanceof PolicyError) return undefined;
    throw error;
  }
}

/** Returns for each entry what the newest before it, or itself, established. */
function inForce<T>(
  entries: readonly VerifiedEntry[],
  of: (entry: VerifiedEntry) => T | undefined,
): readonly (T | undefined)[] {
  let current: T | undefined;
  return entries.map((entry) => (current = of(entry) ?? current));
}

/** The first fault where every reading has one; undefined where one has none. */
function common(faults: readonly (Fault | undefined)[]): Fault | undefined {
  return faults.includes(undefined) ? undefined : faults[0];
}

function outlined({ policy, submission, persons }: Admission): Fault | undefined {
  const { target, madeAt: submittedAt, breakGlass } = submission;
  const known = { target, submittedAt, breakGlass: breakGlass === true };
  return common(persons.map((identity) => outOfScope(outlineFault(policy.scopes, { identity, ...known }))));
}

function scoped({ policy, submission, persons }: Admission, request: Request): Fault | undefined {
  const facts = signedFacts(
    request.facts,
    request.statements.map(({ sql }) => sql),
  );
  if (facts === undefined) return undefined;
  const known = { target: submission.target, facts, submittedAt: submission.madeAt };
  return common(
    persons.map((identity) => {
      const outside = scopeFault(policy.scopes, { identity, ...known });
      const isDeclared = submission.breakGlass === true;
      const undeclared = isDeclared ? declarationFault(policy.scopes, { identity, ...known }) : undefined;
      return outOfScope(outside ?? undeclared);
    }),
  );
}

function outOfScope(reason: string | undefined): Fault | undefined {
  return reason === undefined ? undefined : { code: 'policy/out-of-scope', reason };
}

/** What a request was sealed with is at least as strict as what its policy says; Rego, which nobody asks again, may have asked more. */
function sealedFault(again: Verdict, { policy }: Request): Fault | undefined {
  if (again.decision === 'deny') {
    const isScope = again.rules.some((rule) => rule.startsWith('identity/'));
    return { code: isScope ? 'policy/out-of-scope' : 'policy/denies', reason: again.reason };
  }
  const signed: Verdict = {
    decision: 'require',
    rules: policy.rules,
    reason: policy.reason,
    policyDigest: policy.digest,
    quorum: policy.quorum,
    matched: [],
    pending: [],
    obligations: policy.obligations ?? [],
  };
  const asked = ({ decision, quorum, obligations }: Verdict): string =>
    JSON.stringify([decision, quorum, obligations]);
  if (asked(stricter(signed, again)) === asked(stricter(signed, signed))) return undefined;
  return { code: 'policy/asks-more', reason: again.reason };
}

/** Returns a finding in one line. */
export function findingLine({ requestId, index, code, reason }: PolicyFinding): string {
  return `against policy: entry ${index}, request ${requestId}: ${visibleText(reason)} [${code}]`;
}
