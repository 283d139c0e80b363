import type { Request, Submission } from '@countersign/messages';
import { utcTime, type Policy, type PolicyBudget, type PolicyInput } from '@countersign/policy';
import { classifyTexts, decodeFacts, SqlError, type Dialect, type Facts } from '@countersign/sql';
import type { PastSubmission } from './past-submissions.ts';

/** What a home knows beside its ledger; a bundle that is read elsewhere comes without. */
export interface Kept {
  /** Encoded facts, as policy saw them. */
  readonly facts: (id: Uint8Array) => Uint8Array | undefined;
  /** The budget that the verdict was made by. */
  readonly usage: (id: Uint8Array) => PolicyBudget | undefined;
  readonly target: (
    name: string,
  ) => { readonly engine: Dialect; readonly tags: readonly string[] } | undefined;
}

/** Where facts come from: the store of the home, the signed request, or the text alone, without a catalogue. */
export type FactsSource = 'kept' | 'signed' | 'text';

/** What a submission was judged by, put together again. */
export interface PastInput {
  /** What policies look at before the dry run. */
  readonly first: PolicyInput;
  /** With what the dry run showed; undefined when no request carries that. */
  readonly second: PolicyInput | undefined;
  readonly source: FactsSource;
}

/** Why a submission is not asked about again. The text says it to people. */
export const replayGaps = {
  erased: 'the body of its submission or request was erased',
  undecided: 'the ledger has no verdict on it',
  'dry-run': 'its dry run failed, which no policy decides',
  'statement/not-offered': 'its target takes no such statement, whatever policy says',
  'request/not-made': 'no request could be made of it, which no policy decides',
  policy: 'the ledger does not hold the policy that decided it in a form that can be read',
  rego: 'a Rego policy was asked beside the rules, and Rego is not replayed',
  target: 'which engine its target has is not known here',
  facts: 'the facts it was decided by cannot be read',
  tags: 'which tags its target had beside those of the policy cannot be told',
  functions: 'the policies vouch for other functions, so the facts would be others',
  diff: 'it was denied for what its dry run showed, which the ledger does not keep',
  budget: 'rules look at a budget that is not known here',
  differs: 'what is known of it does not lead to the verdict that was given then',
} as const;

export type ReplayGap = keyof typeof replayGaps;

/** A submission that is complete enough to be asked about. */
export type KnownPast = PastSubmission & {
  readonly submission: Submission;
  readonly person: NonNullable<PastSubmission['person']>;
};

/** What was signed about the target, by its name; the newest request speaks for submissions that never became one. */
export type SignedTargets = ReadonlyMap<string, Pick<Request, 'target' | 'policy'>>;

interface Around {
  readonly kept: Kept | undefined;
  readonly signed: SignedTargets;
  readonly before: Policy;
  readonly after: Policy;
}

/** Puts together what a submission was judged by, or says what for want of which that cannot be done. */
export function pastInput(past: KnownPast, around: Around): PastInput | ReplayGap {
  const target = targetOf(past, around);
  if (typeof target === 'string') return target;
  const read = factsOf(past, around.kept, target.engine);
  if (typeof read === 'string') return read;
  const { person, submission, request } = past;
  const first: PolicyInput = {
    facts: read.facts,
    identity: { id: person.id, kind: person.kind, roles: person.roles },
    target: { name: submission.target, ...target },
    budget: around.kept?.usage(past.id),
    time: utcTime(submission.madeAt),
    reason: submission.reason,
    context: submission.context ?? [],
    breakGlass: submission.breakGlass,
  };
  const second = request === undefined ? undefined : { ...first, diff: request.effect };
  return { first, second, source: read.source };
}

type PastTarget = { readonly engine: Dialect; readonly tags: readonly string[] };

function targetOf({ submission, request }: KnownPast, around: Around): PastTarget | ReplayGap {
  const name = submission.target;
  if (request === undefined) {
    const known = around.kept?.target(name);
    if (known !== undefined) return known;
  }
  const signed = request ?? around.signed.get(name);
  if (signed === undefined) return 'target';
  // A request names the tags of configuration and policy together.
  const ofPolicy = around.before.tags.get(name)?.target ?? [];
  const still = new Set(around.after.tags.get(name)?.target ?? []);
  const { engine, tags = [] } = signed.target;
  return ofPolicy.every((tag) => still.has(tag)) ? { engine, tags } : 'tags';
}

function factsOf(
  { id, submission, request }: KnownPast,
  kept: Kept | undefined,
  engine: Dialect,
): { readonly facts: Facts; readonly source: FactsSource } | ReplayGap {
  const texts = submission.statements.map(({ sql }) => sql);
  const own = kept?.facts(id);
  const bytes = own ?? request?.facts;
  if (bytes === undefined) return { facts: classifyTexts(texts, engine), source: 'text' };
  try {
    return { facts: decodeFacts(bytes, texts), source: own === undefined ? 'signed' : 'kept' };
  } catch (thrown) {
    if (!(thrown instanceof SqlError)) throw thrown;
    return 'facts';
  }
}
