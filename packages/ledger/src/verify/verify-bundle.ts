import { equalBytes, mapVerified, toHex, type Verified } from '@countersign/codec';
import {
  MemoryTree,
  MerkleError,
  parseCheckpoint,
  verifyCheckpoint,
  type Checkpoint,
  type Hash,
  type HashReader,
} from '@countersign/merkle';
import type { ApproverState, RosterChain } from '@countersign/messages';
import { parseBundle, type BundleHeader } from '../bundle-file.ts';
import { LedgerError } from '../ledger-error.ts';
import type { VerifiedEntry } from './content.ts';
import { readEntry, requireChain } from './entry-check.ts';
import { requireHead } from './head-check.ts';
import { requireJournal } from './journal-check.ts';
import type { Life } from './life.ts';
import { replayEntry } from './replay.ts';
import { ReplayState, type ReplayTrust } from './replay-state.ts';

/** What a ledger is verified against; everything else comes out of the ledger. */
export interface LedgerTrust extends ReplayTrust {
  /** Checkpoint notes of this log that were kept elsewhere. */
  readonly heads?: readonly string[] | undefined;
  /** What approvers' machines remember. */
  readonly journals?: readonly ApproverState[] | undefined;
}

/** Something that is no refusal but that an auditor should know. */
export type Notice =
  | { readonly type: 'erased'; readonly index: number }
  | { readonly type: 'time-went-back'; readonly index: number; readonly bySeconds: number }
  | { readonly type: 'dispute-accepted'; readonly index: number }
  | { readonly type: 'older-policy'; readonly index: number }
  | { readonly type: 'token-unproved'; readonly index: number };

/** A ledger whose every entry was verified. */
export interface VerifiedLedger {
  readonly domain: Uint8Array;
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
  /** The note as it stands in the bundle. */
  readonly checkpoint: string;
  readonly chain: Verified<RosterChain>;
  readonly entries: readonly VerifiedEntry[];
  /** By request id in hex, in the order of submission. */
  readonly lives: ReadonlyMap<string, Life>;
  readonly notices: readonly Notice[];
  readonly tree: HashReader;
}

/**
 * Returns the ledger that an audit bundle holds when all that docs/spec/ledger.md#what-verification-checks asks is so.
 * `onEntry` is told each number of entries verified, for showing progress.
 * @throws LedgerError with the code of the first rule broken and, where an entry breaks it, its index
 */
export function verifyBundle(
  bytes: Uint8Array,
  trust: LedgerTrust,
  onEntry: (count: number, size: number) => void = () => undefined,
): Verified<VerifiedLedger> {
  const { header, items, checkpoint } = parseBundle(bytes);
  const tree = new MemoryTree();
  const rootAt = (size: number): Hash | undefined => (size > tree.size ? undefined : tree.root(size));
  const state = new ReplayState(trust, { whole: true, rootAt });
  const entries: VerifiedEntry[] = [];
  for (const [index, item] of items.entries()) {
    const read = readEntry(item, index);
    requireChain(read, entries.at(-1)?.bytes);
    entries.push(replayEntry(state, read));
    if (index === 0) requireHeader(state, header);
    tree.append(read.bytes);
    onEntry(index + 1, items.length);
  }
  const { genesis, chain } = state.foundation();
  const head = requireOwnHead(checkpoint, state, tree);
  for (const note of trust.heads ?? []) requireHead(note, { genesis, chain, tree, verifier: trust.verifier });
  const logged = new Set(entries.flatMap(decisionHash));
  for (const journal of trust.journals ?? [])
    requireJournal(journal, { genesis, chain, tree, logged, verifier: trust.verifier });
  return mapVerified(head, ({ size, root, origin }) => ({
    domain: genesis.domain,
    origin,
    size,
    root,
    checkpoint,
    chain,
    entries,
    lives: state.lives,
    notices: [...noticesOf(entries, trust), ...unprovedTokens(state)],
    tree,
  }));
}

function requireHeader({ genesis }: ReplayState, header: BundleHeader): void {
  const same =
    genesis !== undefined && genesis.origin === header.origin && equalBytes(genesis.domain, header.domain);
  if (!same) {
    throw new LedgerError('ledger/genesis-mismatch', 'a genesis of another log than the header names', {
      index: 0,
    });
  }
}

/** The bundle's own head is signed by the key that the last roster names, and is of exactly these entries. */
function requireOwnHead(note: string, state: ReplayState, tree: MemoryTree): Verified<Checkpoint> {
  const { genesis, chain } = state.foundation();
  const key = chain.current.executorKey(genesis.origin);
  if (key === undefined)
    throw new LedgerError('ledger/executor-unknown', 'no key for this log in the roster');
  const { verifier } = state.trust;
  let head: Verified<Checkpoint>;
  try {
    // The form first: a head of another size says more than its signature.
    const { checkpoint } = parseCheckpoint(note);
    if (checkpoint.size !== tree.size) {
      const message = `a head of ${checkpoint.size} entries over ${tree.size}`;
      throw new LedgerError('ledger/size-mismatch', message);
    }
    head = verifyCheckpoint(note, { origin: genesis.origin, key, verifier });
  } catch (cause) {
    if (!(cause instanceof MerkleError)) throw cause;
    throw new LedgerError('ledger/checkpoint-invalid', `a head that does not verify [${cause.code}]`, {
      cause,
    });
  }
  if (!equalBytes(head.root, tree.root())) {
    throw new LedgerError('ledger/root-mismatch', 'a head of other entries than these');
  }
  return head;
}

function unprovedTokens({ lives }: ReplayState): Notice[] {
  return [...lives.values()].flatMap(({ token, indexes: [index = 0] }) =>
    token === 'unproved' ? [{ type: 'token-unproved' as const, index }] : [],
  );
}

function decisionHash({ content }: VerifiedEntry): string[] {
  return content.type === 'decision' || content.type === 'refused-decision'
    ? [toHex(content.signed.hash)]
    : [];
}

function noticesOf(entries: readonly VerifiedEntry[], trust: LedgerTrust): Notice[] {
  let policy: Uint8Array | undefined;
  return entries.flatMap(({ index, entry, content }): Notice[] => {
    const notices: Notice[] = content.type === 'erased' ? [{ type: 'erased', index }] : [];
    const bySeconds = (entries[index - 1]?.entry.madeAt ?? 0) - entry.madeAt;
    if (bySeconds > 0) notices.push({ type: 'time-went-back', index, bySeconds });
    const accepted = content.type === 'refused-decision' && trust.disputesAccepted?.includes(index) === true;
    if (accepted) notices.push({ type: 'dispute-accepted', index });
    if (content.type === 'policy') policy = content.note.digest;
    const byPolicy =
      content.type === 'verdict' || content.type === 'intent' ? content.note.policyDigest : policy;
    if (policy !== undefined && byPolicy !== undefined && !equalBytes(byPolicy, policy)) {
      notices.push({ type: 'older-policy', index });
    }
    return notices;
  });
}
