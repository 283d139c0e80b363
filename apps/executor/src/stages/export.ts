import { admitKey, decodeFirst, keyId, parseEnvelope, sha256, toHex } from '@countersign/codec';
import { encodeNote, proveConsistency, proveInclusion } from '@countersign/ledger';
import {
  decodeDecision,
  encodeBundle,
  type Bundle,
  type ConsistencyFrom,
  type LastDecision,
} from '@countersign/messages';
import { ExecutorError } from '../executor-error.ts';
import type { DecisionRow, RequestRow } from '../store/request-row.ts';
import type { World } from '../world.ts';
import { requireSealed, standingDecisions } from './known-request.ts';
import { record } from './record.ts';
import { requireSubmitterStands } from './revoked-submitter.ts';

/** How many older heads a bundle proves itself to extend; docs/spec/records.md#limits. */
const consistencyMax = 1024;

/**
 * Records that a request is carried out on `medium` and returns the bundle (`*.csreq`) for it.
 *
 * The bundle's checkpoint is the head after that record, so whoever signs it witnesses the export too.
 * @throws `request/denied`, `request/not-sealed`, `request/state` when it no longer waits for approvers, `request/submitter-revoked`
 */
export function exportRequest(world: World, row: RequestRow, medium: string): Uint8Array {
  const { sealed, digest, entryIndex } = requireSealed(row);
  if (row.state !== 'pending' && row.state !== 'approved') {
    throw new ExecutorError('request/state', `the request is ${row.state} and takes no more decisions`);
  }
  const { ledger } = world;
  // In the transaction of the record: proofs to a head that another process moved on would prove nothing.
  const bundle = record(world, (append): Bundle => {
    requireSubmitterStands(world, row);
    append('export', encodeNote('export', { requestHash: digest, medium }), row.id);
    return {
      version: 1,
      request: sealed,
      submission: row.submission,
      checkpoint: ledger.checkpoint ?? '',
      entry: ledger.entry(entryIndex),
      index: entryIndex,
      inclusion: proveInclusion(ledger, entryIndex),
      consistency: consistencyProofs(world),
      decisions: signedStanding(world, row),
      rosters: ledger.bodiesOf('roster'),
      diffPages: row.pages === null ? [] : splitPages(row.pages),
      lastDecisions: lastDecisions(world),
    };
  });
  return encodeBundle(bundle);
}

/** An approver's machine refuses a bundle with a decision that no longer counts. */
function signedStanding(world: World, row: RequestRow): readonly Uint8Array[] {
  const { standing } = standingDecisions(world, row.id);
  return standing.flatMap(({ hash }) => world.store.decision(hash)?.bytes ?? []);
}

/** Returns the items of a stored CBOR sequence of pages. */
export function splitPages(sequence: Uint8Array): readonly Uint8Array[] {
  const pages: Uint8Array[] = [];
  for (let offset = 0; offset < sequence.length;) {
    const { value, end } = decodeFirst(sequence, offset);
    if (value instanceof Uint8Array) pages.push(value);
    offset = end;
  }
  return pages;
}

/** Proofs from every head that an approver may have pinned: those of earlier bundles, and those their last decisions say. */
function consistencyProofs(world: World): readonly ConsistencyFrom[] {
  const { ledger, store } = world;
  const size = ledger.size;
  const exported = store.database
    .prepare<[number], number>('SELECT position + 1 FROM entry WHERE type = 4 ORDER BY position DESC LIMIT ?')
    .pluck()
    .all(consistencyMax);
  const witnessed = approverHeads(world).map(({ bytes }) => witnessedSize(bytes));
  return [...new Set([...exported, ...witnessed])]
    .filter((pinned) => pinned > 0 && pinned < size)
    .toSorted((a, b) => a - b)
    .slice(-consistencyMax)
    .map((pinned) => ({ size: pinned, proof: proveConsistency(ledger, pinned) }));
}

function witnessedSize(signedDecision: Uint8Array): number {
  const { payload } = parseEnvelope(signedDecision);
  return payload === null ? 0 : decodeDecision(payload).witnessed.size;
}

/** Returns the head of the chain of every key that may approve and has decided before. */
function approverHeads(world: World): readonly DecisionRow[] {
  const directory = world.chain().current;
  const approvers = directory.roster.persons.filter((person) => directory.permits(person, 'approve'));
  const keys = approvers.flatMap(({ keys: some }) => some.map(({ publicKey }) => keyId(admitKey(publicKey))));
  return keys
    .flatMap((kid) => world.store.chainHead(kid) ?? [])
    .toSorted((a, b) => (toHex(a.kid) < toHex(b.kid) ? -1 : 1));
}

function lastDecisions(world: World): readonly LastDecision[] {
  return approverHeads(world).map(({ kid, bytes, entryIndex, refused }) => ({
    kid,
    hash: sha256(bytes),
    entry: world.ledger.entry(entryIndex),
    index: entryIndex,
    inclusion: proveInclusion(world.ledger, entryIndex),
    refusal: refused,
  }));
}
