import { keyId, sha256, utf8Length, type Signer } from '@countersign/codec';
import {
  personKeys,
  signSubmission,
  verifySubmission,
  type Pair,
  type Person,
  type Statement,
  type Submission,
} from '@countersign/messages';
import { ExecutorError } from '../executor-error.ts';
import type { World } from '../world.ts';
import { requireSubmitter } from './submitter.ts';

/** What somebody wants run, before anything is known about it. */
export interface Draft {
  readonly target: string;
  readonly statements: readonly Statement[];
  readonly reason: string;
  readonly context: readonly Pair[];
  /** Id of the request this one follows (an amendment taken up, an undo). */
  readonly follows: Uint8Array | null;
  /** An emergency is declared with it: docs/policy.md#emergencies */
  readonly breakGlass?: true | undefined;
}

/** Who acts: a person of the roster and the key that signs for them. */
export interface Identity {
  readonly person: Person;
  readonly signer: Signer;
}

/** A signed submission; not yet recorded. */
export interface Intake {
  readonly draft: Draft;
  readonly person: Person;
  /** Id of the key that signed it. */
  readonly kid: Uint8Array;
  readonly submission: Submission;
  /** The signed bytes and their SHA-256. */
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array;
}

const statementsMax = 1_000;
const textBytesMax = 1_000_000;

/**
 * Checks a draft and signs it with the submitter's key.
 * @throws `target/unknown`, `submission/…`
 */
export function takeIn(
  world: World,
  draft: Draft,
  identity: Identity,
  id: Uint8Array = world.random(16),
): Intake {
  const submission = submissionOf(world, draft, id);
  const bytes = signSubmission(submission, identity.signer);
  const kid = keyId(identity.signer.publicKey);
  return { draft, person: identity.person, kid, submission, bytes, hash: sha256(bytes) };
}

/**
 * Returns the submission that a draft makes now, for whoever is to sign it.
 * @throws `target/unknown`, `submission/…`
 */
export function submissionOf(world: World, draft: Draft, id: Uint8Array): Submission {
  requireDraft(world, draft);
  return {
    version: 1,
    domain: world.domain,
    id,
    madeAt: world.clock(),
    target: draft.target,
    statements: draft.statements,
    reason: draft.reason,
    ...(draft.context.length > 0 ? { context: draft.context } : {}),
    ...(draft.breakGlass === true ? { breakGlass: true } : {}),
  };
}

/** How far from now the time in a submission may lie that was signed elsewhere, in seconds. */
export const signedAgeSecondsMax = 600;

/**
 * Takes in a submission that somebody signed with a key of their own. One whose id `isKnown` was let through once: it may come again
 * however old it is by now, whatever became of its target.
 * @throws `submission/stale`, `target/unknown`, `submission/…`, `identity/…`, CodecError and MessageError of the record
 */
export function takeSigned(world: World, bytes: Uint8Array, isKnown: (id: Uint8Array) => boolean): Intake {
  const trust = { domain: world.domain, keys: personKeys(world.chain()), verifier: world.verifier };
  const { record: submission, kid, hash } = verifySubmission(bytes, trust);
  const person = requireSubmitter(world, kid);
  const { target, statements, reason, context = [], breakGlass } = submission;
  const draft: Draft = { target, statements, reason, context, follows: null, breakGlass };
  if (!isKnown(submission.id)) {
    requireFresh(world, submission);
    requireDraft(world, draft);
  }
  return { draft, person, kid, submission, bytes, hash };
}

function requireFresh(world: World, { madeAt }: Submission): void {
  const age = world.clock() - madeAt;
  if (Math.abs(age) > signedAgeSecondsMax) {
    throw new ExecutorError(
      'submission/stale',
      `signed ${age} seconds ago, at most ${signedAgeSecondsMax} are let through`,
      { hint: 'sign it anew, and compare the clocks' },
    );
  }
}

function requireDraft(world: World, draft: Draft): void {
  world.targetSetting(draft.target);
  if (draft.statements.length === 0) {
    throw new ExecutorError('submission/empty', 'there is no statement to submit', {
      hint: 'give it as an argument, with --file PATH, or on standard input with -',
    });
  }
  if (draft.statements.length > statementsMax) {
    throw new ExecutorError(
      'submission/too-large',
      `${draft.statements.length} statements, at most ${statementsMax} go in one request`,
    );
  }
  const size = draft.statements.reduce((sum, { sql }) => sum + utf8Length(sql), 0);
  if (size > textBytesMax) {
    throw new ExecutorError(
      'submission/too-large',
      `${size} bytes of SQL, at most ${textBytesMax} go in one request`,
    );
  }
  if (draft.reason.trim() === '' || utf8Length(draft.reason) > 4096) {
    throw new ExecutorError('submission/reason', 'a submission needs a reason of at most 4,096 bytes', {
      hint: 'say with --reason why this should run; the approvers read it',
    });
  }
}
