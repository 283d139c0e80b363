import { concatBytes, encode, sha256 } from '@countersign/codec';
import { encodeNote } from '@countersign/ledger';
import { signRequest, type OrdinaryVerdict, type Pair, type Request } from '@countersign/messages';
import type { Verdict } from '@countersign/policy';
import { trustFunctions } from '@countersign/sql';
import { ExecutorError } from '../executor-error.ts';
import { keepSchema } from '../store/target-schema.ts';
import type { World } from '../world.ts';
import { carriedFacts } from './carried-facts.ts';
import { verdictBody, type Assessment } from './assess.ts';
import { reserve } from './budget.ts';
import { rehearsalLimits, type Rehearsal } from './dry-run.ts';
import type { Intake } from './intake.ts';
import { record } from './record.ts';
import { sealedObligations } from './tolerance.ts';

/** Name of the pinned setting that carries the bound on imaged rows; the run uses the signed one. */
export const rowsImagedSetting = 'countersign.rows_imaged_max';

/** A sealed request, or the denial that a budget used up meanwhile made of it. */
export type Sealed =
  | {
      readonly kind: 'pending';
      readonly request: Request;
      readonly digest: Uint8Array;
      readonly verdict: Verdict;
    }
  | { readonly kind: 'denied'; readonly verdict: Verdict };

/**
 * Seals statement, target, facts, effect and policy into a signed request and records it, with its verdict, as pending.
 * A request that this one follows and that still waits is superseded in the same transaction.
 */
export function seal(world: World, intake: Intake, assessment: Assessment, rehearsal: Rehearsal): Sealed {
  const { id } = intake.submission;
  return record(world, (append, now) => {
    const { effect } = rehearsal.carried;
    const asked = { before: rehearsal.verdict, rows: effect.rows, usage: rehearsal.usage, now };
    const verdict = reserve(world, intake, { ...assessment, effect }, asked);
    const body = verdictBody(intake, verdict);
    if (verdict.decision === 'deny') {
      world.store.move(id, 'submitted', 'denied', { changedAt: now, verdict: body });
      append('verdict', body, id);
      return { kind: 'denied', verdict };
    }
    const row = world.store.request(id);
    const request = requestOf(
      world,
      intake,
      assessment,
      { ...rehearsal, verdict },
      { now, sequence: row?.sequence ?? 0 },
    );
    const bytes = signRequest(request, world.signer);
    const digest = sha256(bytes);
    keepSchema(world.store, assessment.inspected.schema, assessment.inspected.parts, now);
    append('verdict', body, id);
    const entryIndex = append('request', bytes, id);
    world.store.move(id, 'submitted', 'pending', {
      changedAt: now,
      verdict: body,
      sealed: bytes,
      digest,
      entryIndex,
      pages: concatBytes(...rehearsal.carried.pages.map((page) => encode(page))),
      reviewBy: request.reviewBy,
      runBy: request.runBy,
    });
    supersede(world, intake, now, (closed, followed) => append('closed', closed, followed));
    return { kind: 'pending', request, digest, verdict };
  });
}

function requestOf(
  world: World,
  intake: Intake,
  { inspected, factsBytes }: Assessment,
  { carried, diff, verdict, ordinary }: Rehearsal,
  { now, sequence }: { readonly now: number; readonly sequence: number },
): Request {
  const { submission, hash } = intake;
  const { limits } = world.configuration;
  const setting = world.targetSetting(submission.target);
  const tags = [...new Set([...setting.tags, ...(world.policy().tags.get(setting.name)?.target ?? [])])];
  const session = [
    ...inspected.session,
    [rowsImagedSetting, String(rehearsalLimits(world).rowsImagedMax)] as const,
  ];
  const followed = intake.draft.follows === null ? undefined : world.store.request(intake.draft.follows);
  const obligations = sealedObligations(verdict.obligations, inspected.engine, diff);
  return {
    version: 1,
    domain: world.domain,
    roster: world.chain().ref(),
    id: submission.id,
    sequence,
    madeAt: now,
    reviewBy: now + limits.reviewSeconds,
    runBy: now + Math.max(limits.runSeconds, limits.reviewSeconds),
    submissionHash: hash,
    target: {
      name: setting.name,
      engine: inspected.engine,
      serverVersion: inspected.version,
      identity: inspected.identity,
      schema: inspected.schema,
      session: session.toSorted(byName),
      ...(tags.length > 0 ? { tags } : {}),
    },
    statements: submission.statements,
    ...carriedFacts(
      submission.statements,
      inspected.engine,
      trustFunctions(inspected.catalog, world.policy().functions),
      factsBytes,
    ),
    effect: carried.effect,
    policy: {
      digest: verdict.policyDigest,
      rules: verdict.rules,
      reason: verdict.reason,
      quorum: verdict.quorum,
      ...(obligations.length > 0 ? { obligations } : {}),
    },
    ...(followed === undefined || followed.digest === null
      ? {}
      : { follows: { id: followed.id, hash: followed.digest } }),
    ...(submission.breakGlass === undefined ? {} : { breakGlass: ordinaryVerdict(ordinary) }),
  };
}

/** @throws `home/store-damaged` when policy was not asked without the declaration: a request must say what that would have been */
function ordinaryVerdict(ordinary: Verdict | undefined): OrdinaryVerdict {
  if (ordinary === undefined)
    throw new ExecutorError('home/store-damaged', 'a declared emergency without its ordinary verdict');
  const { decision, quorum } = ordinary;
  return { decision, quorum };
}

function byName(a: Pair, b: Pair): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

function supersede(
  world: World,
  intake: Intake,
  now: number,
  close: (body: Uint8Array, followed: Uint8Array) => void,
): void {
  const { follows } = intake.draft;
  const followed = follows === null ? undefined : world.store.request(follows);
  if (followed?.state !== 'pending' || followed.digest === null) return;
  const note = {
    requestHash: followed.digest,
    kind: 'superseded' as const,
    by: intake.person.id,
    reason: 'a newer request follows it',
  };
  close(encodeNote('closed', note), followed.id);
  world.store.move(followed.id, 'pending', 'superseded', { changedAt: now });
}
