import { equalBytes, parseEnvelope, sha256 } from '@countersign/codec';
import { decodeSubmission, type Request } from '@countersign/messages';
import { regoDocument, stricter, type PolicyInput, type Verdict } from '@countersign/policy';
import { decodeFacts } from '@countersign/sql';
import { ExecutorError } from '../executor-error.ts';
import { usageJudged } from '../store/usage.ts';
import type { World } from '../world.ts';
import { judge, policyInput, type Known } from './judge.ts';
import type { SealedRow } from './known-request.ts';
import { askRego, recordRego } from './look.ts';

/** What the Rego policy of a request's target said before its run, by the subject of what it was asked. */
export interface SaidAgain {
  readonly at: number;
  readonly policyDigest: Uint8Array;
  readonly verdicts: ReadonlyMap<string, Verdict>;
}

/** How long what Rego said holds, in seconds: the way from the question to the intent. */
const holdsSeconds = 60;

/**
 * Asks the Rego policy of the target again, with what was signed, and records what it says. It is asked before the
 * transaction that begins the run, which waits for nobody; there {@link verdictAgain} holds it to the same input. What was
 * `said` already is not asked twice.
 */
export async function askAgain(
  world: World,
  row: SealedRow,
  request: Request,
  { live = [], said }: { readonly live?: readonly Known[]; readonly said?: SaidAgain } = {},
): Promise<SaidAgain> {
  const at = said?.at ?? world.clock();
  const { digest: policyDigest } = world.policy();
  const holds = said !== undefined && equalBytes(said.policyDigest, policyDigest);
  const verdicts = new Map(holds ? said.verdicts : []);
  if (world.rego(request.target.name) === undefined) return { at, policyDigest, verdicts };
  const asked = { ...submittedIn(world, row), hash: sha256(row.submission) };
  for (const input of inputsAgain(world, row, request, live)) {
    const subject = subjectOf(world, input);
    if (verdicts.has(subject)) continue;
    const look = await askRego(world, asked, input);
    recordRego(world, look);
    if (look !== undefined) verdicts.set(subject, look.verdict);
  }
  return { at, policyDigest, verdicts };
}

/**
 * Returns what the policies in force say on an input of {@link inputsAgain}.
 * @throws `run/policy-stale` when Rego was asked about something else, under another policy, or too long ago
 */
export function verdictAgain(world: World, row: SealedRow, input: PolicyInput, said: SaidAgain): Verdict {
  const policy = world.policy();
  const own = judge(world, submittedIn(world, row), input);
  if (world.rego(input.target.name) === undefined) return own;
  const verdict = said.verdicts.get(subjectOf(world, input));
  const isFresh = Math.abs(world.clock() - said.at) <= holdsSeconds;
  if (verdict === undefined || !isFresh || !equalBytes(policy.digest, said.policyDigest)) {
    throw new ExecutorError(
      'run/policy-stale',
      'what the Rego policy was asked about has changed meanwhile',
      {
        hint: 'run it again',
      },
    );
  }
  return stricter(own, verdict);
}

/** What was signed, as the policies see it: with the signed facts, with those that know the catalogue, with what is live. */
export function inputsAgain(
  world: World,
  row: SealedRow,
  request: Request,
  live: readonly Known[] = [],
): readonly PolicyInput[] {
  const intake = submittedIn(world, row);
  const texts = request.statements.map(({ sql }) => sql);
  // Those of the store are what the first look saw.
  const signed = [request.facts, row.facts].map((facts) => ({ facts: decodeFacts(facts, texts) }));
  // The budget is that of the submission: what was asked for since does not take it back.
  const usage = usageJudged(world.store, row.id);
  return [...signed, ...live].map((known) =>
    policyInput(world, intake, { ...known, effect: request.effect, usage }),
  );
}

function submittedIn(world: World, row: SealedRow): Parameters<typeof policyInput>[1] {
  const { payload } = parseEnvelope(row.submission);
  const person = world.chain().current.person(row.submitter);
  if (payload === null || person === undefined) {
    throw new ExecutorError(
      'run/policy-denies',
      `${row.submitter}, who submitted the request, is no longer in the roster`,
    );
  }
  return { person, submission: decodeSubmission(payload) };
}

/** An input that cannot be written down is a subject of its own: its verdict denies. */
function subjectOf(world: World, input: PolicyInput): string {
  const document = regoDocument(world.policy(), input);
  return document.type === 'failed' ? document.code : document.subject;
}
