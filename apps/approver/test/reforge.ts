import { createHash } from 'node:crypto';
import { parseEnvelope, seedSigner, sha256 } from '@countersign/codec';
import { inclusionProof, MemoryTree, root, signCheckpoint } from '@countersign/merkle';
import {
  decodeBundle,
  decodeEntry,
  decodeRequest,
  decodeRoster,
  decodeSignedRoster,
  encodeBundle,
  encodeEntry,
  signRequest,
  type Bundle,
  type Request,
} from '@countersign/messages';

const executor = seedSigner(
  new Uint8Array(createHash('sha256').update('countersign example key v1: executor').digest()),
);

/**
 * Returns a bundle as an executor would make it that lies: its own key signs the changed request, and a ledger in which just that
 * request stands. Everything about it is right but what `change` does.
 */
export function reforge(
  bytes: Uint8Array,
  change: (request: Request) => Request,
  changeBundle: (bundle: Bundle) => Bundle = (bundle) => bundle,
): Uint8Array {
  const bundle = decodeBundle(bytes);
  const before = decodeRequest(parseEnvelope(bundle.request).payload ?? new Uint8Array());
  const request = signRequest(change(before), executor);
  const entry = encodeEntry({ ...decodeEntry(bundle.entry), bodyHash: sha256(request) });
  const tree = new MemoryTree();
  for (let index = 0; index < bundle.index; index += 1) tree.append(Uint8Array.of(index));
  tree.append(entry);
  const [first = new Uint8Array()] = bundle.rosters;
  const { executors } = decodeRoster(decodeSignedRoster(first).payload);
  const origin = executors[0]?.origin ?? '';
  const checkpoint = signCheckpoint({ origin, size: tree.size, root: root(tree, tree.size) }, executor);
  return encodeBundle(
    changeBundle({
      ...bundle,
      request,
      entry,
      checkpoint,
      inclusion: inclusionProof(tree, bundle.index, tree.size),
      consistency: [],
      decisions: [],
      lastDecisions: [],
    }),
  );
}
