// A ledger of the scene: entries over bodies in a real tree, with everything a bundle needs of it.
import { sha256, utf8, type Signer } from '@countersign/codec';
import { consistencyProof, inclusionProof, MemoryTree, signCheckpoint, type Hash } from '@countersign/merkle';
import {
  encodeBundle,
  encodeEntry,
  type Bundle,
  type ConsistencyFrom,
  type EntryType,
  type LastDecision,
} from '@countersign/messages';
import { id, origin, requestBytes, rosters, signer, submissionBytes, t0 } from './scene.ts';

/** Index of the request's entry. */
export const requestIndex = 4;

export class SceneLedger {
  readonly tree: MemoryTree = new MemoryTree();
  readonly entries: Uint8Array[] = [];

  /** Appends an entry over `body` and returns its index. */
  append(type: EntryType, body: Uint8Array, requestId?: Uint8Array): number {
    const before = this.entries.at(-1);
    const entry = encodeEntry({
      version: 1,
      type,
      index: this.entries.length,
      madeAt: t0,
      previous: before === undefined ? new Uint8Array(32) : sha256(before),
      bodyHash: sha256(body),
      ...(requestId === undefined ? {} : { requestId }),
    });
    this.entries.push(entry);
    return this.tree.append(entry);
  }

  root(size: number = this.tree.size): Hash {
    return this.tree.root(size);
  }

  checkpoint(size: number = this.tree.size, by: Signer = signer('executor')): string {
    return signCheckpoint({ origin, size, root: this.root(size) }, by);
  }

  consistency(from: number): ConsistencyFrom {
    return { size: from, proof: consistencyProof(this.tree, from, this.tree.size) };
  }

  /** What a bundle says of the last decision of a key; `hash` is that of the signed decision in entry `index`. */
  lastDecision(
    kid: Uint8Array,
    hash: Uint8Array,
    index: number,
    refusal: string | null = null,
  ): LastDecision {
    const inclusion = inclusionProof(this.tree, index, this.tree.size);
    return { kid, hash, entry: this.entries[index] ?? new Uint8Array(0), index, inclusion, refusal };
  }

  bundle(over: Partial<Bundle> = {}): Bundle {
    return {
      version: 1,
      request: requestBytes,
      submission: submissionBytes,
      checkpoint: this.checkpoint(),
      entry: this.entries[requestIndex] ?? new Uint8Array(0),
      index: requestIndex,
      inclusion: inclusionProof(this.tree, requestIndex, this.tree.size),
      consistency: [],
      decisions: [],
      rosters,
      diffPages: [],
      lastDecisions: [],
      ...over,
    };
  }

  bundleBytes(over: Partial<Bundle> = {}): Uint8Array {
    return encodeBundle(this.bundle(over));
  }
}

/** A ledger of six entries, the request's among them; another `seed` makes another history up to the request. */
export function sceneLedger(seed = 'genesis', request: Uint8Array = requestBytes): SceneLedger {
  const ledger = new SceneLedger();
  const requestId = id('request');
  ledger.append('genesis', utf8(seed));
  ledger.append('roster', rosters[0] ?? new Uint8Array(0));
  ledger.append('submission', submissionBytes, requestId);
  ledger.append('verdict', utf8('verdict'), requestId);
  ledger.append('request', request, requestId);
  ledger.append('export', utf8('export'), requestId);
  return ledger;
}
