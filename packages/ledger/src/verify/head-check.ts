import { equalBytes, type PublicKey, type SignatureVerifier, type Verified } from '@countersign/codec';
import { MerkleError, parseCheckpoint, verifyCheckpoint, type MemoryTree } from '@countersign/merkle';
import type { RosterChain } from '@countersign/messages';
import type { Genesis } from '../body.ts';
import { LedgerError } from '../ledger-error.ts';

/** A ledger that was replayed: what a head or a journal is held against. */
export interface Replayed {
  readonly genesis: Genesis;
  readonly chain: Verified<RosterChain>;
  readonly tree: MemoryTree;
  readonly verifier: SignatureVerifier;
}

/**
 * Returns when a head kept elsewhere, signed by a key that some roster named for this log, lies on this ledger.
 * @throws LedgerError `ledger/head-invalid`, `ledger/head-ahead`, `ledger/head-differs`
 */
export function requireHead(note: string, replayed: Replayed): void {
  const { size, root } = verifyHead(note, replayed);
  const { tree } = replayed;
  if (size > tree.size) {
    throw new LedgerError(
      'ledger/head-ahead',
      `a kept head of ${size} entries, this ledger has ${tree.size}`,
    );
  }
  if (!equalBytes(tree.root(size), root)) {
    throw new LedgerError(
      'ledger/head-differs',
      `a kept head of other entries than this ledger's first ${size}`,
    );
  }
}

function verifyHead(note: string, replayed: Replayed): { readonly size: number; readonly root: Uint8Array } {
  const { genesis, verifier } = replayed;
  try {
    const { checkpoint } = parseCheckpoint(note);
    // One of the keys must have signed; which one depends on when the head was made.
    for (const key of executorKeysEver(replayed)) {
      try {
        return verifyCheckpoint(note, { origin: genesis.origin, key, verifier });
      } catch (cause) {
        if (!(cause instanceof MerkleError) || cause.code !== 'checkpoint/unsigned') throw cause;
      }
    }
    throw new LedgerError(
      'ledger/head-invalid',
      `a kept head of ${checkpoint.size} entries that no key of this log signed`,
    );
  } catch (cause) {
    if (!(cause instanceof MerkleError)) throw cause;
    throw new LedgerError('ledger/head-invalid', `a kept head that does not verify [${cause.code}]`, {
      cause,
    });
  }
}

function executorKeysEver({ chain, genesis }: Replayed): readonly PublicKey[] {
  return Array.from({ length: chain.number }, (_, i) => chain.at(i + 1)?.executorKey(genesis.origin)).filter(
    (key) => key !== undefined,
  );
}
