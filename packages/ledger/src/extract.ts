import { toHex } from '@countersign/codec';
import { consistencyProof, inclusionProof } from '@countersign/merkle';
import { encodeEvidence, type ProvenHead } from './evidence-file.ts';
import { LedgerError } from './ledger-error.ts';
import type { VerifiedEntry } from './verify/content.ts';
import type { VerifiedLedger } from './verify/verify-bundle.ts';

/**
 * Returns the evidence file of one request: all that verifies it without the rest of the ledger.
 * @throws LedgerError `evidence/request-absent`
 */
export function extractRequest(ledger: VerifiedLedger, requestId: Uint8Array): Uint8Array {
  const life = ledger.lives.get(toHex(requestId));
  if (life === undefined) {
    throw new LedgerError('evidence/request-absent', 'no submission of this id in the ledger');
  }
  const { token } = life;
  const own = new Set(life.indexes);
  if (token !== undefined && token !== 'unproved') own.add(token.index).add(token.keyIndex);
  const chosen = ledger.entries.filter(
    ({ index, entry }) => entry.type === 'genesis' || entry.type === 'roster' || own.has(index),
  );
  return encodeEvidence({
    version: 1,
    requestId,
    checkpoint: ledger.checkpoint,
    items: chosen.map(({ index, bytes, body }) => ({
      entry: bytes,
      body,
      inclusion: inclusionProof(ledger.tree, index, ledger.size),
    })),
    heads: witnessedHeads(ledger, chosen),
  });
}

function witnessedHeads(ledger: VerifiedLedger, entries: readonly VerifiedEntry[]): ProvenHead[] {
  const heads = new Map<number, ProvenHead>();
  for (const { content, index } of entries) {
    if (content.type !== 'decision' && content.type !== 'refused-decision') continue;
    const { witnessed } = content.signed.record;
    if (witnessed.origin !== ledger.origin) continue;
    for (const head of [witnessed, witnessed.pinned]) {
      // A dispute that was accepted names a head that cannot be proved.
      if (head === null || head.size > index) continue;
      const consistency = consistencyProof(ledger.tree, head.size, ledger.size);
      heads.set(head.size, { size: head.size, root: head.root, consistency });
    }
  }
  return [...heads.values()].sort((a, b) => a.size - b.size);
}
