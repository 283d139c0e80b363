import { sha256, toBase64, toHex } from '@countersign/codec';
import { encodeSubmission } from '@countersign/messages';
import { formatTime } from '@countersign/program';
import { previewDocument } from '../../commands/submitted-document.ts';
import { signedAgeSecondsMax, submissionOf, takeIn, takeSigned, type Intake } from '../../stages/intake.ts';
import { previewDraft } from '../../stages/submit.ts';
import type { Caller } from '../caller.ts';
import { claimOfBody } from '../doorkeeper.ts';
import { draftOf, draftSchema, requireFree, type DraftBody } from '../draft-body.ts';
import { networkOf } from '../failed-calls.ts';
import { idUnderKey } from '../known-id.ts';
import { ServeRefused } from '../refusal.ts';
import { callerRoute, document, idempotencyKeyOf, type Answer, type Call, type Route } from '../route.ts';
import type { Service } from '../service.ts';
import { envelopeHead } from '../envelope-head.ts';
import { submitOnce } from '../submitting.ts';
import { waitMsOf, waitQuery, type WaitQuery } from '../wait-query.ts';

export const submissionType = 'application/vnd.countersign.submission';
const submissionBytesMax = 1_048_576;

const submitAnswers = {
  200: 'it ended: ran, or denied; `exit_code` and `code` say which, `results` holds what a read returned',
  202: 'it waits for approvers, or is still being worked on; ask `/v1/requests/{id}/wait`',
  409: 'something else was submitted under this id or key',
  422: 'it cannot be taken; `code` says why',
};

/** The ways in: a submission that its submitter signed, or one that a token's service asks for. */
export function submitRoutes(service: Service): readonly Route[] {
  return [submit(service), draft(service), preview(service)];
}

function submit(service: Service): Route {
  return {
    method: 'POST',
    path: '/v1/requests',
    answerName: 'submission',
    summary: 'Submit: signed bytes, or JSON with a workload token',
    access: 'signed-body',
    answers: submitAnswers,
    takesKey: true,
    query: waitQuery,
    bodies: [
      { type: 'bytes', mediaType: submissionType, bytesMax: submissionBytesMax },
      { type: 'json', schema: draftSchema },
    ],
    answer: async (call) => {
      service.freshPolicy();
      // What it asks the store it asks of one state, and in one transaction instead of ten.
      const intake = service.world.store.consistently(() => takenIn(service, call));
      const isOwn = call.caller?.person.id === intake.person.id;
      const { id, exitCode, fields, finished } = await submitOnce(service, intake, {
        isOwn,
        waitMs: waitMsOf(call.query as WaitQuery),
        gone: call.gone(),
        beforeWork: () => {
          if (call.caller !== undefined) service.tokens.record(call.caller);
        },
      });
      const status = finished ? 200 : 202;
      return document(fields, { status, exitCode, location: `/v1/requests/${toHex(id)}` });
    },
  };
}

function takenIn(service: Service, call: Call): Intake {
  const { world } = service;
  const { caller, body } = call;
  const idempotencyKey = idempotencyKeyOf(call);
  if (body instanceof Uint8Array) return takenSigned(service, call, body);
  if (caller?.identity === undefined) {
    throw new ServeRefused('serve/unsigned', 'a submission that its submitter did not sign', {
      hint: 'POST the JSON to /v1/drafts, sign what it answers, and send the signed bytes here',
    });
  }
  const id = idempotencyKey === undefined ? world.random(16) : idUnderKey(world, caller, idempotencyKey);
  return takeIn(world, draftOf(world, caller, body as DraftBody, caller.token?.hash), caller.identity, id);
}

/** The id inside signed bytes is their idempotency key, so that another beside it would be one too many. */
function takenSigned(service: Service, call: Call, bytes: Uint8Array): Intake {
  const { world, rates, submissions, strangerRates, drafted } = service;
  if (idempotencyKeyOf(call) !== undefined)
    throw new ServeRefused(
      'serve/parameters',
      'Idempotency-Key beside signed bytes, whose id is one already',
    );
  const isKnown = (id: Uint8Array): boolean =>
    submissions.find(id) !== undefined || world.store.stateOf(id) !== undefined;
  const { caller, address } = call;
  const intake = takeVerified(service, call, bytes, isKnown);
  const submitter = intake.person.id;
  // Only what is new is certainly sent by its submitter: what was carried out in a bundle can be sent by whoever has seen one.
  if (isKnown(intake.submission.id)) {
    if (caller === undefined) strangerRates.take(networkOf(address));
    return intake;
  }
  requireFree(intake.draft.context.map(([name]) => name));
  if (caller?.person.id !== submitter) rates.take(submitter);
  if (caller === undefined) call.isBy(submitter);
  const hash = (): Uint8Array => sha256(encodeSubmission(intake.submission));
  const follows = drafted.followed(intake.submission.id, submitter, hash);
  return { ...intake, draft: { ...intake.draft, follows } };
}

/** Whoever signed the call as well was verified by that, and has a rate. */
function takeVerified(
  { world, failedCalls }: Service,
  { caller, address, socket }: Call,
  bytes: Uint8Array,
  isKnown: (id: Uint8Array) => boolean,
): Intake {
  if (caller !== undefined) return takeSigned(world, bytes, isKnown);
  const attempt = { address, socket, claim: () => claimOfBody(world, bytes) };
  failedCalls.require(attempt);
  try {
    return takeSigned(world, bytes, isKnown);
  } catch (thrown) {
    failedCalls.failed(attempt, thrown);
    throw thrown;
  }
}

/** What is to be signed is made here, so that a client needs nothing but Ed25519: `envelope_head` and the signature are the submission. */
function draft(service: Service): Route {
  return callerRoute({
    method: 'POST',
    path: '/v1/drafts',
    answerName: 'drafted',
    summary: 'Make the bytes of a submission, for the caller to sign; nothing goes into the ledger',
    answers: {
      200: '`to_sign` is what Ed25519 signs; `envelope_head` and the 64 bytes of the signature are what /v1/requests takes',
    },
    takesKey: true,
    json: draftSchema,
    answer: ({ caller, body, headers }) => {
      const { world, drafted } = service;
      const idempotencyKey = idempotencyKeyOf({ headers });
      requireKeyHolder(caller);
      const id = idempotencyKey === undefined ? world.random(16) : idUnderKey(world, caller, idempotencyKey);
      const draft = draftOf(world, caller, body as DraftBody, undefined);
      const submission = submissionOf(world, draft, id);
      const payload = encodeSubmission(submission);
      const goodUntil = submission.madeAt + signedAgeSecondsMax;
      drafted.note({
        id,
        person: caller.person.id,
        hash: sha256(payload),
        follows: draft.follows,
        goodUntil,
      });
      const { head, toSign } = envelopeHead('submission', caller.key, payload);
      return document({
        code: 'submission/drafted',
        requestId: toHex(id),
        toSign: toBase64(toSign),
        envelopeHead: toBase64(head),
        statements: submission.statements.map(({ sql }) => sql),
        goodUntil: formatTime(goodUntil),
      });
    },
  });
}

function requireKeyHolder({ by }: Caller): void {
  if (by === 'token') {
    throw new ServeRefused('serve/role', 'a token signs nothing', { hint: 'POST the JSON to /v1/requests' });
  }
}

function preview(service: Service): Route {
  return callerRoute({
    method: 'POST',
    path: '/v1/previews',
    answerName: 'preview',
    summary: 'Say what would change and what policy says; ask nobody. The ledger keeps that somebody looked',
    answers: { 200: 'what it would do' },
    json: draftSchema,
    answer: async ({ caller, body }): Promise<Answer> => {
      const { world } = service;
      service.freshPolicy();
      const asked = draftOf(world, caller, body as DraftBody, undefined);
      // What is only looked at is never recorded as a submission, so whose key signs it says nothing.
      const identity = { person: caller.person, signer: world.signer };
      const shown = await service.room.hold(caller.person.id, () => previewDraft(world, asked, identity));
      const { exitCode, fields } = previewDocument(asked.target, shown);
      return document(fields, { exitCode });
    },
  });
}
