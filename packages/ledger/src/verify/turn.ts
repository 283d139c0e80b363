import { CodecError, equalBytes, toHex, type Verified } from '@countersign/codec';
import { MessageError, type RosterChain } from '@countersign/messages';
import { decodeNote, type Genesis, type NoteBodies, type NoteType } from '../body.ts';
import { LedgerError, type LedgerErrorCode } from '../ledger-error.ts';
import type { ReadEntry } from './entry-check.ts';
import { mayFollow, type Life } from './life.ts';
import type { ReplayState } from './replay-state.ts';

/** An entry in its turn, with what the entries before it established. */
export interface Turn extends ReadEntry {
  readonly body: Uint8Array;
  readonly index: number;
  readonly state: ReplayState;
  readonly genesis: Genesis;
  readonly chain: Verified<RosterChain>;
}

/** A turn of an entry that names a life already begun. */
export interface LifeTurn extends Turn {
  readonly life: Life;
}

/** Returns the note that is the body, @throws LedgerError `ledger/body-malformed`. */
export function noteOf<K extends NoteType>(
  type: K,
  turn: { readonly body: Uint8Array; readonly index: number },
): NoteBodies[K] {
  try {
    return decodeNote(type, turn.body);
  } catch (cause) {
    throw refused(cause, 'ledger/body-malformed', `a ${type} of another form than expected`, turn.index);
  }
}

/** Returns what to throw for what another room threw: a refusal of the entry, or itself when it is no refusal. */
export function refused(cause: unknown, code: LedgerErrorCode, message: string, index: number): unknown {
  if (!(cause instanceof CodecError || cause instanceof MessageError)) return cause;
  return new LedgerError(code, `${message} [${cause.code}]`, { index, cause });
}

/** @throws LedgerError `ledger/policy-unknown` unless `digest` is that of a policy recorded before */
export function requirePolicy({ state, entry, index }: Turn, digest: Uint8Array): void {
  // The entries of one request show no policy.
  if (!state.ground.whole || state.policies.has(toHex(digest))) return;
  throw new LedgerError('ledger/policy-unknown', `a ${entry.type} by a policy never recorded`, { index });
}

/** @throws LedgerError `ledger/transition` when an entry of this type may not come now */
export function requireTurn(turn: LifeTurn): void {
  const { life, entry, index } = turn;
  if (!life.proved || mayFollow(life, entry.type)) return;
  throw new LedgerError('ledger/transition', `a ${entry.type} while the request is ${life.state}`, { index });
}

/** @throws LedgerError `ledger/request-id-mismatch` when the body is about another request than the entry */
export function requireId(turn: Turn, id: Uint8Array): void {
  const { entry, index } = turn;
  if (entry.requestId !== undefined && equalBytes(entry.requestId, id)) return;
  throw new LedgerError(
    'ledger/request-id-mismatch',
    `a ${entry.type} of another request than the entry says`,
    {
      index,
    },
  );
}

/** @throws LedgerError `ledger/hash-mismatch` when the body names another `what` than the ledger holds */
export function requireHash(
  named: Uint8Array,
  held: Uint8Array | undefined,
  what: 'submission' | 'request',
  index: number,
): void {
  if (held !== undefined && equalBytes(named, held)) return;
  throw new LedgerError('ledger/hash-mismatch', `it names another ${what} than this ledger holds`, { index });
}

/** @throws LedgerError `ledger/hash-mismatch` unless `named` is the hash of this life's request */
export function requireRequestHash({ life, index }: LifeTurn, named: Uint8Array): void {
  // An erased request is known by the life no more; its entry's body hash was its hash, which nothing here can compare.
  if (life.request === undefined && !life.proved) return;
  requireHash(named, life.request?.signed.hash, 'request', index);
}
