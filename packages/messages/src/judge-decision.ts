import { CodecError, equalBytes, parseEnvelope, type Verified } from '@countersign/codec';
import { decodeDecision, type Decision } from './decision.ts';
import type { DecisionCode } from './decision-code.ts';
import type { CountedDecision, JudgeContext, KnownRequest } from './judge-context.ts';
import { chainFault, steps } from './judge-steps.ts';
import { MessageError } from './message-error.ts';
import { placeApproval, tally, type Tally } from './quorum.ts';
import type { RosterChain } from './roster-chain.ts';
import { approvingRoles, type KeyHolder } from './roster-directory.ts';
import { personKeys, verifyDecision, type Signed } from './signed-record.ts';

/** What becomes of a decision that came in. */
export type Judgement =
  | {
      /** Logged as a decision; `tally` is how the votes stand with it. */
      readonly outcome: 'counted';
      readonly decision: Verified<Signed<Decision>>;
      readonly counted: CountedDecision;
      readonly tally: Tally<CountedDecision>;
    }
  | {
      /** Logged as a refused decision. */
      readonly outcome: 'refused';
      readonly authentic: true;
      readonly code: DecisionCode;
      readonly decision: Verified<Signed<Decision>>;
      /** Whether this decision becomes the head of its key's chain when it is logged. */
      readonly continuesChain: boolean;
    }
  | {
      /** Reported, not logged: nobody in the roster signed it for this deployment. */
      readonly outcome: 'refused';
      readonly authentic: false;
      readonly code: DecisionCode;
      readonly cause: CodecError | MessageError | undefined;
    }
  | {
      /** These exact bytes are in the log already; nothing is to be done. */
      readonly outcome: 'repeated';
      readonly decision: Verified<Signed<Decision>>;
    };

type Refusal = Extract<Judgement, { authentic: false }>;

/**
 * Returns what becomes of the signed decision `bytes`: the fifteen steps of docs/spec/records.md in order.
 * Nothing that `bytes` hold makes it throw; what the callbacks of `context` throw passes through.
 */
export function judgeDecision(bytes: Uint8Array, context: JudgeContext): Judgement {
  const proof = authenticate(bytes, context);
  if ('outcome' in proof) return proof;
  const { decision, holder } = proof;
  if (context.isLogged(decision.hash)) return { outcome: 'repeated', decision };
  const known = context.requestOf(decision.record.requestId);
  const code = requestFault(decision.record, known) ?? laterFault(decision, known, holder, context);
  if (code !== undefined || known === undefined) {
    const continuesChain = chainFault(decision.record, context.headOf(decision.kid)) === undefined;
    return {
      outcome: 'refused',
      authentic: true,
      code: code ?? 'decision/request-unknown',
      decision,
      continuesChain,
    };
  }
  const counted = count(decision, known, holder, context.chain);
  const standing = tally(known.request.policy.quorum, [...known.counted, counted]);
  return { outcome: 'counted', decision, counted, tally: standing };
}

/** Steps 1 to 5. */
function authenticate(
  bytes: Uint8Array,
  context: JudgeContext,
): { readonly decision: Verified<Signed<Decision>>; readonly holder: KeyHolder } | Refusal {
  const read = readDecision(bytes);
  if ('outcome' in read) return read;
  const { record, kid } = read;
  if (!equalBytes(record.domain, context.domain)) return refuse('decision/domain-mismatch');
  if (!context.chain.includes(record.roster)) return refuse('decision/roster-unknown');
  const holder = context.chain.holder(kid);
  if (holder === undefined) return refuse('decision/key-unknown');
  const { domain, verifier } = context;
  try {
    return { decision: verifyDecision(bytes, { domain, keys: personKeys(context.chain), verifier }), holder };
  } catch (cause) {
    return refuse('decision/signature-invalid', ownError(cause));
  }
}

/** Steps 1 and 2: what the bytes say, not yet believed. */
function readDecision(bytes: Uint8Array): { readonly record: Decision; readonly kid: Uint8Array } | Refusal {
  let envelope;
  try {
    envelope = parseEnvelope(bytes);
  } catch (cause) {
    const error = ownError(cause);
    return refuse(isForeignType(error) ? 'decision/type-unexpected' : 'decision/bytes-malformed', error);
  }
  if (envelope.type !== 'decision') return refuse('decision/type-unexpected');
  if (envelope.payload === null) return refuse('decision/bytes-malformed');
  try {
    return { record: decodeDecision(envelope.payload), kid: envelope.kid };
  } catch (cause) {
    return refuse('decision/schema-mismatch', ownError(cause));
  }
}

function refuse(code: DecisionCode, cause?: CodecError | MessageError): Refusal {
  return { outcome: 'refused', authentic: false, code, cause };
}

function ownError(cause: unknown): CodecError | MessageError {
  if (cause instanceof CodecError || cause instanceof MessageError) return cause;
  throw cause;
}

function isForeignType(error: CodecError | MessageError): boolean {
  return error.code === 'cose/typ' || error.code === 'cose/version';
}

/** Step 6. */
function requestFault(decision: Decision, known: KnownRequest | undefined): DecisionCode | undefined {
  if (known === undefined) return 'decision/request-unknown';
  return equalBytes(decision.requestHash, known.hash) ? undefined : 'decision/request-hash-mismatch';
}

/** Steps 7 to 15. */
function laterFault(
  decision: Signed<Decision>,
  known: KnownRequest | undefined,
  holder: KeyHolder,
  context: JudgeContext,
): DecisionCode | undefined {
  if (known === undefined) return 'decision/request-unknown';
  for (const step of steps) {
    const code = step({ decision, known, context }, holder);
    if (code !== undefined) return code;
  }
  return undefined;
}

function count(
  { record, kid, hash }: Signed<Decision>,
  known: KnownRequest,
  { person }: KeyHolder,
  chain: RosterChain,
): CountedDecision {
  const roles = approvingRoles(chain.current, person);
  const { choice, conditions } = record;
  const placement = placeApproval(known.request.policy.quorum, known.counted, roles);
  const step = choice === 'approve' && placement.placed ? placement.step : null;
  return { person: person.id, choice, roles, step, kid, hash, conditions };
}
