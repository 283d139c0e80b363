import { CodecError, equalBytes, sha256, toHex, verify1, type PublicKey } from '@countersign/codec';
import { logOf, type ApproverState, type JournalItem } from '@countersign/messages';
import { LedgerError } from '../ledger-error.ts';
import type { Replayed } from './head-check.ts';

/** A replayed ledger and the hashes in hex of all signed decisions in it. */
export interface ReplayedDecisions extends Replayed {
  readonly logged: ReadonlySet<string>;
}

/**
 * Returns when all that an approver's machine remembers of this log is in this ledger: the head it pinned last, and every
 * decision it signed. A decision that was never delivered is missing like one that was swallowed.
 * @throws LedgerError `ledger/journal-foreign`, `ledger/journal-invalid`, `ledger/journal-pin-ahead`,
 * `ledger/journal-pin-differs`, `ledger/journal-decision-missing`
 */
export function requireJournal(journal: ApproverState, replayed: ReplayedDecisions): void {
  const { genesis, tree, logged } = replayed;
  if (!equalBytes(journal.domain, genesis.domain)) {
    throw new LedgerError('ledger/journal-foreign', 'a journal of another deployment');
  }
  const log = logOf(journal, genesis.origin);
  if (log.pinned !== null && log.pinned.size > tree.size) {
    const message = `an approver saw ${log.pinned.size} entries, this ledger has ${tree.size}`;
    throw new LedgerError('ledger/journal-pin-ahead', message);
  }
  if (log.pinned !== null && !equalBytes(tree.root(log.pinned.size), log.pinned.root)) {
    const message = `an approver saw other entries than this ledger's first ${log.pinned.size}`;
    throw new LedgerError('ledger/journal-pin-differs', message);
  }
  const first = log.sequence - log.journal.length;
  for (const [position, item] of log.journal.entries()) {
    if (logged.has(toHex(sha256(item.decision)))) continue;
    requireSigned(item, journal.kid, replayed);
    const message = `decision ${first + position} of key ${toHex(journal.kid).slice(0, 16)} is in no entry`;
    throw new LedgerError('ledger/journal-decision-missing', message);
  }
}

/** A journal lies on a machine of its own and proves nothing about the ledger but by its signatures. */
function requireSigned(item: JournalItem, kid: Uint8Array, { chain, verifier }: Replayed): void {
  const key = Array.from({ length: chain.number }, (_, i) => chain.at(i + 1)?.holder(kid)?.key).find(
    (found): found is PublicKey => found !== undefined,
  );
  try {
    verify1(item.decision, { type: 'decision', keyOf: () => key, verifier });
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    throw new LedgerError(
      'ledger/journal-invalid',
      `a journalled decision that does not verify [${cause.code}]`,
      {
        cause,
      },
    );
  }
}
