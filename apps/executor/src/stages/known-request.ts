import { parseEnvelope } from '@countersign/codec';
import {
  decodeDecision,
  decodeRequest,
  decodeSubmission,
  recount,
  type CountedDecision,
  type Decision,
  type KnownRequest,
  type Recount,
  type Request,
} from '@countersign/messages';
import { ExecutorError } from '../executor-error.ts';
import type { DecisionRow, RequestRow } from '../store/request-row.ts';
import type { World } from '../world.ts';

/** A request that was sealed: its signed bytes are there, and where they stand in the ledger. */
export interface SealedRow extends RequestRow {
  readonly sealed: Uint8Array;
  readonly digest: Uint8Array;
  readonly entryIndex: number;
}

/** @throws `request/denied`, `request/not-sealed` */
export function requireSealed(row: RequestRow): SealedRow {
  const { sealed, digest, entryIndex } = row;
  if (row.state === 'denied')
    throw new ExecutorError('request/denied', 'the request was denied by policy', {
      hint: 'see why with `countersign show`',
    });
  if (sealed === null || digest === null || entryIndex === null) {
    throw new ExecutorError(
      'request/not-sealed',
      `the request is ${row.state} and was never sealed for approval`,
    );
  }
  return { ...row, sealed, digest, entryIndex };
}

/** Returns the request of an executor's own sealed row. */
export function requestOfRow(row: SealedRow): Request {
  return decodeRequest(payloadOf(row.sealed));
}

/** Whether a row was sealed without a dry run, or with one that met no rows: nobody knows what its statement changes, and nothing takes it back. */
export function isUntried(row: RequestRow): boolean {
  if (row.sealed === null) return false;
  const { untried, onCopy } = requestOfRow(requireSealed(row)).effect;
  return untried === true || onCopy === true;
}

/** Whether whoever submitted this declared an emergency. */
export function isEmergency({ submission }: Pick<RequestRow, 'submission'>): boolean {
  return decodeSubmission(payloadOf(submission)).breakGlass === true;
}

/** Returns the decision of an own stored row. */
export function decisionOfRow(row: DecisionRow): Decision {
  return decodeDecision(payloadOf(row.bytes));
}

/** Returns the decisions that count, as the tally needs them. */
export function countedDecisions(world: World, requestId: Uint8Array): readonly CountedDecision[] {
  return world.store
    .decisionsOf(requestId)
    .filter(({ refused }) => refused === null)
    .map((row) => {
      const { conditions } = decisionOfRow(row);
      return {
        kid: row.kid,
        hash: row.digest,
        person: row.person,
        choice: row.choice,
        roles: row.roles,
        step: row.step,
        conditions,
      };
    });
}

/** Returns which counted decisions still count at this moment: whoever was revoked or lost the role since does not. */
export function standingDecisions(world: World, requestId: Uint8Array): Recount {
  return recount(countedDecisions(world, requestId), world.chain(), world.ledger.size);
}

/** Returns what the judgement of a decision needs to know of the request it names. */
export function knownRequest(world: World, id: Uint8Array): KnownRequest | undefined {
  const row = world.store.request(id);
  if (row === undefined || row.sealed === null) return undefined;
  const sealed = requireSealed(row);
  return {
    request: requestOfRow(sealed),
    hash: sealed.digest,
    index: sealed.entryIndex,
    state: openState(sealed),
    requester: { person: row.submitter, kid: parseEnvelope(row.submission).kid },
    counted: standingDecisions(world, id).standing,
  };
}

function openState(row: SealedRow): KnownRequest['state'] {
  switch (row.state) {
    case 'submitted':
    case 'denied':
    case 'allowed':
    case 'ran':
      throw new ExecutorError('home/store-damaged', `a sealed request cannot be ${row.state}`);
    default:
      return row.state;
  }
}

function payloadOf(signed: Uint8Array): Uint8Array {
  const { payload } = parseEnvelope(signed);
  if (payload === null) throw new ExecutorError('home/store-damaged', 'a stored record has no payload');
  return payload;
}
