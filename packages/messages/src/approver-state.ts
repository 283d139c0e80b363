import {
  array,
  bool,
  bytes,
  CodecError,
  decodeWith,
  encodeWith,
  equalBytes,
  nullable,
  parseEnvelope,
  record,
  required,
  sha256,
  uint,
  type DecodeLimits,
  type Schema,
} from '@countersign/codec';
import { decodeDecision, type Decision } from './decision.ts';
import { codeField, hashField, headField, idField, nameField, versionField } from './fields.ts';
import { MessageError } from './message-error.ts';
import type { Head } from './refs.ts';

/** One own signed decision, and what the ledger was seen to say of it. */
export interface JournalItem {
  readonly decision: Uint8Array;
  readonly confirmed: boolean;
  /** Code of its refusal when the ledger told it; null otherwise. */
  readonly refusal: string | null;
}

/** What an approver's key remembers of one log. */
export interface LogState {
  readonly origin: string;
  /** The newest head seen; null before the first. */
  readonly pinned: Head | null;
  /** Sequence of the next decision. */
  readonly sequence: number;
  /** SHA-256 of the last signed decision; null before the first. */
  readonly last: Uint8Array | null;
  /** Oldest first, ending in the last; an older part may have been moved away. */
  readonly journal: readonly JournalItem[];
}

/** The file beside an approver's key: pins, sequences, journals. One key, one deployment, any number of logs. */
export interface ApproverState {
  readonly version: 1;
  readonly domain: Uint8Array;
  readonly kid: Uint8Array;
  /** Payload of the roster last confirmed; null before the first. */
  readonly roster: Uint8Array | null;
  readonly logs: readonly LogState[];
}

const limits: Partial<DecodeLimits> = { bytesMax: 67_108_864, itemsMax: 1_048_576 };

const journalSchema: Schema<JournalItem> = record<JournalItem>({
  decision: required(1, bytes(1_048_576)),
  confirmed: required(2, bool()),
  refusal: required(3, nullable(codeField)),
});

const logSchema: Schema<LogState> = record<LogState>({
  origin: required(1, nameField),
  pinned: required(2, nullable(headField)),
  sequence: required(3, uint()),
  last: required(4, nullable(hashField)),
  journal: required(5, array(journalSchema, { max: 100_000 })),
});

export const approverStateSchema: Schema<ApproverState> = record<ApproverState>({
  version: required(1, versionField),
  domain: required(2, idField),
  kid: required(3, hashField),
  roster: required(4, nullable(bytes(1_048_576))),
  logs: required(5, array(logSchema, { max: 256 })),
});

/** Returns the state of a key that has seen nothing of this deployment. */
export function newApproverState(domain: Uint8Array, kid: Uint8Array): ApproverState {
  return { version: 1, domain, kid, roster: null, logs: [] };
}

/** Returns the state's bytes, at most 64 MiB. */
export function encodeApproverState(state: ApproverState): Uint8Array {
  return encodeWith(approverStateSchema, state, limits);
}

/**
 * Returns the state that `stored` holds, whose journals must be chains of this key's decisions.
 * @throws MessageError `state/…`
 */
export function decodeApproverState(stored: Uint8Array): ApproverState {
  let state;
  try {
    state = decodeWith(approverStateSchema, stored, limits);
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    throw new MessageError('state/malformed', 'a file that is no approver state', { cause });
  }
  const origins = new Set(state.logs.map((log) => log.origin));
  if (origins.size < state.logs.length)
    throw new MessageError('state/log-repeated', 'a log that stands twice');
  for (const log of state.logs) checkJournal(state, log);
  return state;
}

/** Returns what the key remembers of the log `origin`; of a new one, nothing. */
export function logOf(state: ApproverState, origin: string): LogState {
  const found = state.logs.find((log) => log.origin === origin);
  return found ?? { origin, pinned: null, sequence: 0, last: null, journal: [] };
}

/** Returns `state` with `log` in the place of what it remembered of that log. */
export function withLog(state: ApproverState, log: LogState): ApproverState {
  const at = state.logs.findIndex((each) => each.origin === log.origin);
  return { ...state, logs: at < 0 ? [...state.logs, log] : state.logs.with(at, log) };
}

/** Returns what a journalled decision says. @throws CodecError, MessageError when it is none. */
export function readJournalled(item: JournalItem): { readonly decision: Decision; readonly kid: Uint8Array } {
  const { type, kid, payload } = parseEnvelope(item.decision);
  if (type !== 'decision' || payload === null) throw broken(`a signed ${type}, expected a decision`);
  return { decision: decodeDecision(payload), kid };
}

function checkJournal(state: ApproverState, log: LogState): void {
  let sequence = log.sequence - log.journal.length;
  let previous: Uint8Array | undefined;
  for (const item of log.journal) {
    checkItem(state, log, item, { sequence, previous });
    sequence += 1;
    previous = sha256(item.decision);
  }
  const ends = previous === undefined || (log.last !== null && equalBytes(previous, log.last));
  if (!ends || (log.last === null) !== (log.sequence === 0)) {
    throw new MessageError(
      'state/sequence-mismatch',
      'the last decision is not the one that the state names',
    );
  }
}

function checkItem(
  state: ApproverState,
  log: LogState,
  item: JournalItem,
  expected: { readonly sequence: number; readonly previous: Uint8Array | undefined },
): void {
  const { decision, kid } = readItem(item);
  if (!equalBytes(kid, state.kid) || !equalBytes(decision.domain, state.domain)) {
    throw broken('a decision of another key or deployment');
  }
  if (decision.witnessed.origin !== log.origin) throw broken('a decision of another log');
  if (decision.sequence !== expected.sequence) {
    throw broken(`sequence ${decision.sequence}, expected ${expected.sequence}`);
  }
  const { previous } = expected;
  if (previous !== undefined && (decision.previous === null || !equalBytes(decision.previous, previous))) {
    throw broken('a decision that does not follow the one before it');
  }
}

function readItem(item: JournalItem): { readonly decision: Decision; readonly kid: Uint8Array } {
  try {
    return readJournalled(item);
  } catch (cause) {
    if (cause instanceof CodecError) throw broken('an item that is no signed decision', cause);
    throw cause;
  }
}

function broken(message: string, cause?: CodecError): MessageError {
  return new MessageError(
    'state/journal-broken',
    `journal: ${message}`,
    cause === undefined ? {} : { cause },
  );
}
