import { decodeNote, encodeNote } from '@countersign/ledger';
import { decide, scopeFault, type PolicyInput, type Verdict } from '@countersign/policy';
import { classifyTexts, encodeFacts, trustFunctions, unsettle, type Facts } from '@countersign/sql';
import { TargetError, type Target, type TargetFacts } from '@countersign/targets';
import type { Effect, Statement } from '@countersign/messages';
import { ExecutorError, type ExecutorErrorCode } from '../executor-error.ts';
import { usageOf, type Usage } from '../store/usage.ts';
import type { World } from '../world.ts';
import { namedTables, type NamedTable } from './catalog-names.ts';
import type { Intake } from './intake.ts';

export type Relations = ReadonlyMap<string, NamedTable>;

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
  /** The policy's first look: it has not seen a diff. */
  readonly verdict: Verdict;
}

/**
 * Reads the statements against the target's own catalogue and asks the policy, which has not seen a diff.
 * @throws `target/unprepared` and whatever the target, the classifier or the policy refuse with
 */
export async function assess(world: World, intake: Intake): Promise<Assessment> {
  const target = world.target(intake.draft.target);
  const inspected = await target.inspect();
  const { identity } = inspected;
  if (identity === null) {
    throw new ExecutorError('target/unprepared', `target ${target.name} has no marker table yet`, {
      hint: `countersign target prepare ${target.name}`,
    });
  }
  const read = readFacts(world, intake.submission.statements, inspected);
  const facts = await settled(world, target, intake, read);
  const relations = namedTables(inspected.engine, inspected.catalog);
  // A read counts with its bound until it has run.
  const readRows = facts.readOnly ? world.configuration.limits.readRowsMax : 0;
  const { person, submission } = intake;
  const own = { id: submission.id, person: person.id, at: world.clock(), rows: readRows };
  const usage = usageOf(world.store, own);
  const verdict = judge(world, intake, { facts, relations, usage });
  const factsBytes = encodeFacts(facts);
  return {
    target,
    inspected: { ...inspected, identity },
    facts,
    relations,
    readRows,
    usage,
    factsBytes,
    verdict,
  };
}

/** Reads statements against the target's catalogue, with the functions that the policy in force vouches for. */
export function readFacts(
  world: World,
  statements: readonly Statement[],
  { engine, catalog }: Pick<TargetFacts, 'engine' | 'catalog'>,
): Facts {
  const texts = statements.map(({ sql }) => sql);
  return classifyTexts(texts, engine, trustFunctions(catalog, world.policy().functions));
}

/** What texts show to be reads counts as that only when the engine itself finds nothing else behind their names. */
async function settled(world: World, target: Target, { submission }: Intake, facts: Facts): Promise<Facts> {
  if (!facts.readOnly) return facts;
  try {
    await target.requireReads(submission.statements, world.policy().functions);
    return facts;
  } catch (cause) {
    if (!(cause instanceof TargetError) || cause.code !== 'statement/not-a-read') throw cause;
    return unsettle(facts, cause.statement ?? 0);
  }
}

/**
 * Asks the policy in force about a submission, with the effect when there is one. What policy allows unasked must be
 * known to read only; anything else it allows is held back for the default quorum by the policy itself.
 */
export function judge(world: World, intake: Pick<Intake, 'person' | 'submission'>, known: Known): Verdict {
  const { facts } = known;
  const input = policyInput(world, intake, known);
  const verdict = decide(world.policy(), input);
  const { identity, target } = input;
  const submittedAt = intake.submission.madeAt;
  const fault = scopeFault(world.policy().scopes, { identity, target: target.name, facts, submittedAt });
  return fault === undefined ? verdict : denyAs('identity/out-of-scope', fault, verdict);
}

/** Denies for a reason that no rule gives; the name is none that a rule can have. */
function denyAs(rule: ExecutorErrorCode, reason: string, verdict: Verdict): Verdict {
  const matched = [...verdict.matched, { rule, effect: 'deny' as const, reason }];
  return { ...verdict, decision: 'deny', rules: [rule], reason, quorum: [], matched };
}

/** What policy is told beside who asks: facts, the live schema where it was looked at, the effect once there is one. */
export interface Known {
  readonly facts: Facts;
  /** Left out where nothing is counted: rules that look at the budget then deny. */
  readonly usage?: Usage | undefined;
  readonly relations?: Relations;
  readonly effect?: Effect;
}

/** Returns what the policy looks at. */
export function policyInput(
  world: World,
  { person, submission }: Pick<Intake, 'person' | 'submission'>,
  { facts, relations, effect, usage }: Known,
): PolicyInput {
  const now = world.clock();
  const setting = world.targetSetting(submission.target);
  return {
    facts,
    identity: { id: person.id, kind: person.kind, roles: person.roles },
    target: { name: setting.name, engine: facts.dialect, tags: setting.tags },
    diff: effect,
    budget: usage,
    relations,
    time: { unix: now, hour: Math.floor(now / 3600) % 24, weekday: (Math.floor(now / 86_400) + 4) % 7 },
    reason: submission.reason,
    context: submission.context ?? [],
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
