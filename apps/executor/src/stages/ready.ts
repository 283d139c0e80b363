import { namedRelations } from '@countersign/sql';
import {
  coversQuorum,
  formatWindow,
  intersectWindows,
  isOpen,
  parseWindow,
  stricter,
  type NamedTolerance,
  type Verdict,
} from '@countersign/policy';
import {
  checkConditions,
  effectiveConditions,
  personKeys,
  tally,
  verifyDecision,
  type CountedDecision,
  type Decision,
  type Request,
  type Signed,
} from '@countersign/messages';
import { equalBytes, sha256, type Verified } from '@countersign/codec';
import { formatTime } from '@countersign/program';
import type { TargetFacts } from '@countersign/targets';
import { ExecutorError } from '../executor-error.ts';
import type { World } from '../world.ts';
import { againHint } from './again.ts';
import { askAgain, inputsAgain, verdictAgain, type SaidAgain } from './ask-again.ts';
import { readFacts } from './read-facts.ts';
import type { Known } from './judge.ts';
import { requestOfRow, standingDecisions, type SealedRow } from './known-request.ts';
import { requireSubmitterStands } from './revoked-submitter.ts';
import { stillTolerated } from './tolerance.ts';

/** A request that may be run now, and on whose word. */
export interface Ready {
  readonly request: Request;
  /** Approvals that count at this moment, in ledger order. */
  readonly approvals: readonly CountedDecision[];
  /** Digest of the policy that was asked again. */
  readonly policyDigest: Uint8Array;
  /** What the signed request and the policy that was asked again both let differ. */
  readonly tolerance: NamedTolerance;
}

/**
 * Asks everything again that may have changed since the approvals came in: the stored bytes, keys and roles, quorum,
 * conditions, policy. `said` is what Rego said just before about the same; `at` is the time that the ledger states for it.
 * @throws `home/store-damaged`, `request/…` unless it is approved and its submitter's key stands, `run/too-early`, `run/too-late`, `run/too-many-rows`, `run/outside-window`, `run/policy-denies`, `run/policy-asks-more`, `run/policy-stale`
 */
export function requireReady(
  world: World,
  row: SealedRow,
  said: SaidAgain,
  at: number = world.clock(),
): Ready {
  const { request, approvals } = requireStanding(world, row, at);
  const asked = requirePolicy(world, row, request, { said, at });
  return { request, approvals, ...asked };
}

/** Everything that {@link requireReady} asks but the policies. */
export function requireStanding(
  world: World,
  row: SealedRow,
  at: number = world.clock(),
): Pick<Ready, 'request' | 'approvals'> {
  requireApproved(row);
  const request = requireSame(row);
  requireSubmitterStands(world, row);
  const approvals = standingApprovals(world, row, request);
  for (const approval of approvals) requireSigned(world, row, approval);
  requireConditions(request, approvals, at);
  return { request, approvals };
}

function requireApproved(row: SealedRow): void {
  switch (row.state) {
    case 'approved':
      return;
    case 'pending':
      throw new ExecutorError('request/pending', 'the request still waits for approvers', {
        hint: 'carry it to them with `countersign export`',
      });
    case 'rejected':
      throw new ExecutorError(
        'request/rejected',
        `an approver rejected the request${row.detail === null ? '' : `: ${row.detail}`}`,
      );
    case 'expired':
      throw new ExecutorError('request/expired', 'the request expired before it was run', {
        hint: againHint(row.id),
      });
    case 'withdrawn':
      throw new ExecutorError('request/withdrawn', 'the request was withdrawn');
    case 'superseded':
      throw new ExecutorError('request/superseded', 'a newer request took the place of this one');
    case 'executed':
      throw new ExecutorError('run/replayed', 'the request has already run; it never runs twice');
    case 'drifted':
      throw new ExecutorError('run/drifted', 'the request drifted when it was run; nothing was written', {
        hint: againHint(row.id),
      });
    default:
      throw new ExecutorError('request/state', `a request that is ${row.state} cannot be run`);
  }
}

/** Whoever was revoked or lost the role between signing and running no longer counts. */
function standingApprovals(world: World, row: SealedRow, request: Request): readonly CountedDecision[] {
  const { standing, dropped } = standingDecisions(world, row.id);
  const votes = tally(request.policy.quorum, standing);
  if (votes.state === 'complete') return standing;
  const lost = dropped.map(({ decision, code }) => `${decision.person} (${code})`).join(', ');
  throw new ExecutorError('request/pending', `the quorum is no longer complete: ${lost} no longer counts`, {
    hint: 'carry it to another approver with `countersign export`',
  });
}

/** Returns the request whose hash approvers signed, made of the submission that is stored beside it. */
function requireSame(row: SealedRow): Request {
  if (!equalBytes(sha256(row.sealed), row.digest))
    throw damaged('the stored request is not the one that was sealed');
  const request = requestOfRow(row);
  if (equalBytes(sha256(row.submission), request.submissionHash) && equalBytes(request.id, row.id))
    return request;
  throw damaged('the stored request is of another submission');
}

/** What runs is what approvers signed, whatever has been done to the store since: it holds no key of theirs. */
function requireSigned(world: World, row: SealedRow, { hash, person }: CountedDecision): void {
  const stored = world.store.decision(hash);
  if (stored === undefined) throw damaged(`the approval by ${person} is not in the store`);
  const signed = verifyStored(world, stored.bytes, person);
  const holder = world.chain().holder(signed.kid);
  const same =
    equalBytes(signed.hash, hash) &&
    equalBytes(signed.record.requestHash, row.digest) &&
    signed.record.choice === 'approve' &&
    holder?.person.id === person;
  if (!same) throw damaged(`what ${person} signed is no approval of this request`);
}

function verifyStored(world: World, bytes: Uint8Array, person: string): Verified<Signed<Decision>> {
  const { domain, verifier } = world;
  try {
    return verifyDecision(bytes, { domain, verifier, keys: personKeys(world.chain()) });
  } catch (cause) {
    throw damaged(`the stored approval by ${person} does not verify`, cause);
  }
}

function damaged(message: string, cause?: unknown): ExecutorError {
  return new ExecutorError('home/store-damaged', message, {
    cause,
    hint: 'stop using this home: `countersign ledger verify` shows how far it is sound',
  });
}

function requireConditions(request: Request, approvals: readonly CountedDecision[], at: number): void {
  const conditions = effectiveConditions(
    request,
    approvals.map(({ conditions: one }) => one),
  );
  const check = checkConditions(conditions, { now: at, rows: request.effect.rows });
  if (check.met) return;
  switch (check.code) {
    case 'condition/too-early':
      throw new ExecutorError(
        'run/too-early',
        `an approver allows the run only from ${formatTime(conditions.notBefore)} on`,
      );
    case 'condition/too-late':
    case 'condition/run-late':
      throw new ExecutorError(
        'run/too-late',
        `the run was allowed only until ${formatTime(conditions.notAfter)}`,
        { hint: 'submit it again' },
      );
    case 'condition/too-many-rows':
      throw new ExecutorError(
        'run/too-many-rows',
        `the request changes ${request.effect.rows} rows, an approver allows ${conditions.rowsMax}`,
      );
  }
}

/**
 * Asks the policies about the statements as they read on the target now, with the functions that policy vouches for now.
 * @returns what they let the run do otherwise than signed
 * @throws `run/…` as {@link requireReady}
 */
export async function requireStillAllowed(
  world: World,
  row: SealedRow,
  request: Request,
  { now, said }: { readonly now: TargetFacts; readonly said: SaidAgain },
): Promise<NamedTolerance> {
  const facts = readFacts(world, request.statements, now);
  const live = [{ facts, relations: namedRelations(now.engine, now.catalog) }];
  const asked = await askAgain(world, row, request, { live, said });
  return requirePolicy(world, row, request, { said: asked, at: world.clock(), live }).tolerance;
}

/** The policies in force now are asked with what was signed: they may have been tightened, and then they win. */
function requirePolicy(
  world: World,
  row: SealedRow,
  request: Request,
  {
    said,
    at,
    live = [],
  }: { readonly said: SaidAgain; readonly at: number; readonly live?: readonly Known[] },
): Pick<Ready, 'policyDigest' | 'tolerance'> {
  const inputs = inputsAgain(world, row, request, live);
  const now = inputs.map((input) => verdictAgain(world, row, input, said)).reduce(stricter);
  if (now.decision === 'deny') {
    throw new ExecutorError('run/policy-denies', `policy denies the request now: ${now.reason}`);
  }
  if (!coversQuorum(request.policy.quorum, now.quorum)) {
    throw new ExecutorError(
      'run/policy-asks-more',
      `the policy has changed and asks for more approvers than signed: ${now.reason}`,
      {
        hint: 'submit it again, so that approvers sign under the policy in force',
      },
    );
  }
  requireWindow(request, now, at);
  return { policyDigest: now.policyDigest, tolerance: stillTolerated(request, now) };
}

/** The signed window and the one of the policy in force: the run happens in both or not at all. */
function requireWindow(request: Request, now: Pick<Verdict, 'obligations'>, at: number): void {
  const windows = [...(request.policy.obligations ?? []), ...now.obligations].flatMap(([name, value]) =>
    name === 'window' ? [parseWindow(value)] : [],
  );
  const [first, ...others] = windows;
  if (first === undefined) return;
  const open = others.reduce(intersectWindows, first);
  if (isOpen(open, at)) return;
  throw new ExecutorError(
    'run/outside-window',
    `policy lets this run only ${formatWindow(open)}, and it is ${formatTime(at)}`,
    { hint: 'run it then; if that is past its time to run, submit it again' },
  );
}
