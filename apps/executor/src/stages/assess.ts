import { decodeNote, encodeNote } from '@countersign/ledger';
import type { Verdict } from '@countersign/policy';
import { encodeFacts, unsettle, type Facts, namedRelations } from '@countersign/sql';
import { TargetError, type Target, type TargetFacts } from '@countersign/targets';
import { ExecutorError } from '../executor-error.ts';
import { usageOf, type Usage } from '../store/usage.ts';
import type { World } from '../world.ts';
import type { Intake } from './intake.ts';
import { policyInput, type Relations } from './judge.ts';
import { lookAt, type Look } from './look.ts';
import { readFacts } from './read-facts.ts';

/** What is known of a submission before it has touched the database. */
export interface Assessment {
  readonly target: Target;
  readonly inspected: TargetFacts & { readonly identity: Uint8Array };
  readonly facts: Facts;
  /** The live schema, by the names that facts use. */
  readonly relations: Relations;
  /** Rows that a read is counted with beforehand; 0 for anything else. */
  readonly readRows: number;
  /** What the submitter had used when policy took its first look. */
  readonly usage: Usage;
  /** Encoded facts, as the request carries them. */
  readonly factsBytes: Uint8Array;
  /** The policies' first look: they have not seen a diff. */
  readonly look: Look;
  /** The stricter of what both say. */
  readonly verdict: Verdict;
}

/**
 * Reads the statements against the target's own catalogue and asks the policy, which has not seen a diff. A catalogue that was seen up to a
 * second ago will do for a read that runs unasked and for a denial; whatever is tried and signed stands on one that is read now.
 * @throws `target/unprepared` and whatever the target, the classifier or the policy refuse with
 */
export async function assess(world: World, intake: Intake): Promise<Assessment> {
  const target = world.target(intake.draft.target);
  // A Rego policy is asked once, with what holds.
  const glanced = world.rego(target.name) === undefined ? await target.glance() : undefined;
  if (glanced !== undefined) {
    const found = await assessWith(world, intake, target, glanced);
    if (found.verdict.decision === 'deny' || mayRunUnasked(found)) return found;
  }
  return assessWith(world, intake, target, await target.inspect());
}

/** Only what the policy allows without another look, and the classifier knows to read only, runs unasked. */
export function mayRunUnasked({ verdict, facts }: Pick<Assessment, 'verdict' | 'facts'>): boolean {
  return verdict.decision === 'allow' && verdict.pending.length === 0 && facts.readOnly;
}

async function assessWith(
  world: World,
  intake: Intake,
  target: Target,
  inspected: TargetFacts,
): Promise<Assessment> {
  const { identity } = inspected;
  if (identity === null) {
    throw new ExecutorError('target/unprepared', `target ${target.name} has no marker table yet`, {
      hint: `countersign target prepare ${target.name}`,
    });
  }
  const { facts, notOffered } = await world.trace.span('classify', {}, () =>
    settled(world, target, intake, readFacts(world, intake.submission.statements, inspected)),
  );
  const relations = relationsOf(inspected);
  // A read counts with its bound until it has run.
  const readRows = facts.readOnly ? world.configuration.limits.readRowsMax : 0;
  const { person, submission } = intake;
  const own = { id: submission.id, person: person.id, at: world.clock(), rows: readRows };
  const usage = usageOf(world.store, own);
  const look = await lookAt(world, intake, policyInput(world, intake, { facts, relations, usage }));
  const factsBytes = bytesOf(facts);
  const verdict = notOffered === undefined ? look.verdict : denyNotOffered(look.verdict, notOffered);
  return {
    target,
    inspected: { ...inspected, identity },
    facts,
    relations,
    readRows,
    usage,
    factsBytes,
    look,
    verdict,
  };
}

/** Facts that are remembered are one object, and are written down once. */
const factsWritten = new WeakMap<Facts, Uint8Array>();

function bytesOf(facts: Facts): Uint8Array {
  const bytes = factsWritten.get(facts) ?? encodeFacts(facts);
  factsWritten.set(facts, bytes);
  return bytes;
}

/** The names of a catalogue that is looked at again and again are worked out once. */
const relationsKnown = new WeakMap<TargetFacts['catalog'], Relations>();

function relationsOf({ engine, catalog }: TargetFacts): Relations {
  const relations = relationsKnown.get(catalog) ?? namedRelations(engine, catalog);
  relationsKnown.set(catalog, relations);
  return relations;
}

interface Settled {
  readonly facts: Facts;
  /** Why the target offers no road for such a read; undefined when it does. */
  readonly notOffered?: string;
}

/** What texts show to be reads counts as that only when the engine itself finds nothing else behind their names. */
async function settled(world: World, target: Target, { submission }: Intake, facts: Facts): Promise<Settled> {
  if (!facts.readOnly) return { facts };
  try {
    await target.requireReads(submission.statements, world.policy().functions);
    return { facts };
  } catch (cause) {
    if (!(cause instanceof TargetError)) throw cause;
    if (cause.code === 'statement/not-offered') return { facts, notOffered: cause.message };
    if (cause.code !== 'statement/not-a-read') throw cause;
    return { facts: unsettle(facts, cause.statement ?? 0) };
  }
}

/** Stands where the name of a rule does when the target takes no such read; no rule can have it. */
const notOfferedRule = 'statement/not-offered';

/** No approval helps: what the target does not take as a read it does not take as a change either. */
function denyNotOffered(verdict: Verdict, reason: string): Verdict {
  if (verdict.decision === 'deny') return verdict;
  const match = { rule: notOfferedRule, effect: 'deny' as const, reason };
  return {
    ...verdict,
    decision: 'deny',
    rules: [notOfferedRule],
    reason,
    quorum: [],
    matched: [...verdict.matched, match],
  };
}

/** Returns the body of the ledger entry that records a verdict. */
export function verdictBody(
  intake: Pick<Intake, 'hash'>,
  verdict: Pick<Verdict, 'decision' | 'rules' | 'reason' | 'policyDigest'>,
): Uint8Array {
  return encodeNote('verdict', {
    submissionHash: intake.hash,
    decision: verdict.decision,
    rules: verdict.rules,
    reason: verdict.reason,
    policyDigest: verdict.policyDigest,
  });
}

/** Reads what {@link verdictBody} wrote. */
export function decodeVerdictBody(body: Uint8Array): ReturnType<typeof decodeNote<'verdict'>> {
  return decodeNote('verdict', body);
}
