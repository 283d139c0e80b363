import { equalBytes, mapVerified, toHex, type Verified } from '@countersign/codec';
import {
  checkConsistency,
  checkInclusion,
  emptyRoot,
  leafHash,
  MerkleError,
  parseCheckpoint,
  verifyCheckpoint,
  type Checkpoint,
  type Hash,
} from '@countersign/merkle';
import type { RosterChain } from '@countersign/messages';
import { decodeEvidence, type Evidence, type ProvenItem } from '../evidence-file.ts';
import { LedgerError } from '../ledger-error.ts';
import type { VerifiedEntry } from './content.ts';
import { readEntry, readEntryForm } from './entry-check.ts';
import type { Life } from './life.ts';
import { replayEntry } from './replay.ts';
import { ReplayState, type ReplayTrust } from './replay-state.ts';

/** One request, verified without the rest of its ledger. */
export interface VerifiedEvidence {
  readonly domain: Uint8Array;
  readonly origin: string;
  /** Size of the ledger that it was taken from. */
  readonly size: number;
  readonly root: Hash;
  readonly chain: Verified<RosterChain>;
  readonly life: Life;
  readonly entries: readonly VerifiedEntry[];
}

/**
 * Returns what an evidence file proves (docs/spec/ledger.md#evidence-of-one-request).
 * @throws LedgerError `evidence/…`, `ledger/…`
 */
export function verifyEvidence(file: Uint8Array, trust: ReplayTrust): Verified<VerifiedEvidence> {
  const evidence = decodeEvidence(file);
  const claimed = claimedHead(evidence);
  const roots = provenRoots(evidence, claimed);
  const state = new ReplayState(trust, { whole: false, rootAt: (size) => roots.get(size) });
  const entries: VerifiedEntry[] = [];
  for (const item of evidence.items) {
    const read = readEntry(item, requireOwn(item, evidence, entries.at(-1)?.index ?? -1));
    requireIncluded(item, read.entry.index, claimed);
    entries.push(replayEntry(state, read));
  }
  const life = state.lives.get(toHex(evidence.requestId));
  if (state.genesis === undefined || state.chain === undefined || life === undefined) {
    throw new LedgerError('evidence/incomplete', 'no genesis, roster or submission of the request');
  }
  const { genesis, chain } = state.foundation();
  const head = requireSigned(evidence.checkpoint, state);
  return mapVerified(head, ({ size, root, origin }) => ({
    domain: genesis.domain,
    origin,
    size,
    root,
    chain,
    life,
    entries,
  }));
}

function claimedHead({ checkpoint }: Evidence): Checkpoint {
  try {
    return parseCheckpoint(checkpoint).checkpoint;
  } catch (cause) {
    throw invalidHead(cause);
  }
}

/** The roots of earlier sizes that the claimed head is proved to extend. */
function provenRoots({ heads }: Evidence, claimed: Checkpoint): ReadonlyMap<number, Hash> {
  const roots = new Map<number, Hash>([[0, emptyRoot()]]);
  for (const { size, root, consistency } of heads) {
    try {
      checkConsistency({
        oldSize: size,
        oldRoot: root,
        newSize: claimed.size,
        newRoot: claimed.root,
        proof: consistency,
      });
    } catch (cause) {
      throw notIncluded(cause, `a head of ${size} entries that the ledger does not extend`);
    }
    roots.set(size, root);
  }
  return roots;
}

/** Returns the index that an item claims, which must ascend; the item must be of this request, of the foundation or an operator's. */
function requireOwn(item: ProvenItem, { requestId }: Evidence, last: number): number {
  const entry = readEntryForm(item.entry);
  // An operator's entry may be the executor's that the run was cut off.
  const founding = entry.type === 'genesis' || entry.type === 'roster' || entry.type === 'operator';
  const own = entry.requestId !== undefined && equalBytes(entry.requestId, requestId);
  if (entry.index <= last || (!founding && !own)) {
    const message = 'an entry out of order, or of another request';
    throw new LedgerError('evidence/mismatch', message, { index: entry.index });
  }
  return entry.index;
}

function requireIncluded(item: ProvenItem, index: number, { size, root }: Checkpoint): void {
  try {
    checkInclusion({ leaf: leafHash(item.entry), index, size, proof: item.inclusion, root });
  } catch (cause) {
    throw notIncluded(cause, 'an entry that is not in the ledger', index);
  }
}

function requireSigned(note: string, state: ReplayState): Verified<Checkpoint> {
  const { genesis, chain } = state.foundation();
  const key = chain.current.executorKey(genesis.origin);
  if (key === undefined)
    throw new LedgerError('ledger/executor-unknown', 'no key for this log in the roster');
  try {
    return verifyCheckpoint(note, { origin: genesis.origin, key, verifier: state.trust.verifier });
  } catch (cause) {
    throw invalidHead(cause);
  }
}

function invalidHead(cause: unknown): unknown {
  if (!(cause instanceof MerkleError)) return cause;
  return new LedgerError('ledger/checkpoint-invalid', `a head that does not verify [${cause.code}]`, {
    cause,
  });
}

function notIncluded(cause: unknown, message: string, index?: number): unknown {
  if (!(cause instanceof MerkleError)) return cause;
  return new LedgerError('evidence/not-included', `${message} [${cause.code}]`, {
    ...(index === undefined ? {} : { index }),
    cause,
  });
}
