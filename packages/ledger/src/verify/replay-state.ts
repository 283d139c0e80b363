import { toHex, type SignatureVerifier, type Verified } from '@countersign/codec';
import type { ChainHead, Effect, Request, RootKeys, RosterChain } from '@countersign/messages';
import type { Genesis, NoteBodies } from '../body.ts';
import { LedgerError } from '../ledger-error.ts';
import type { ReadEntry } from './entry-check.ts';
import type { Life } from './life.ts';
import type { LoggedToken, TokenClaims } from './logged-token.ts';

/** What the replay asks of the tree and of the keys' chains; an evidence file answers less than a whole ledger. */
export interface ReplayGround {
  /** Whether every entry of the ledger is replayed, or only those of one request. */
  readonly whole: boolean;
  /** Returns the root of the first `size` entries; undefined when it cannot be known. */
  rootAt(size: number): Uint8Array | undefined;
}

/** What the replay trusts from the start. */
export interface ReplayTrust {
  readonly anchor: RootKeys;
  readonly verifier: SignatureVerifier;
  /** Computes the digest of a policy's files; without it the digest that the ledger states is taken. */
  readonly policyDigest?: ((files: NoteBodies['policy']['files']) => Uint8Array) | undefined;
  /** Returns what a workload token (JWT) says, undefined unless it verifies with this key (JWK); without it tokens are not asked. */
  readonly tokenClaims?: ((token: string, key: string) => TokenClaims | undefined) | undefined;
  /** Whether the window of a signed obligation is open at a time in seconds; without it windows are not asked. */
  readonly isWindowOpen?: ((window: string, at: number) => boolean) | undefined;
  /** Whether the rows that a receipt carries are within the tolerance of the request that carries the signed ones; without it only counts are compared. */
  readonly isWithinTolerance?: ((request: Request, ran: Effect) => boolean) | undefined;
  /** Indexes of refused decisions that witness another history and that the auditor has looked into. */
  readonly disputesAccepted?: readonly number[] | undefined;
}

/** What the entries so far have established. Written by the steps of the replay alone. */
export class ReplayState {
  readonly trust: ReplayTrust;
  readonly ground: ReplayGround;
  readonly lives: Map<string, Life> = new Map<string, Life>();
  /** Per key id in hex: the head of its chain of decisions. */
  readonly heads: Map<string, ChainHead> = new Map<string, ChainHead>();
  /** Hashes in hex of the decisions that are part of their key's chain. */
  readonly chained: Set<string> = new Set<string>();
  /** Sequence numbers that requests have taken. */
  readonly sequences: Set<number> = new Set<number>();
  /** Digests in hex of all policies recorded. */
  readonly policies: Set<string> = new Set<string>();
  /** Digest in hex of the newest of them: the policy in force. */
  policy: string | undefined;
  /** Keys that tokens may verify with, as they were written down, each with its first index. */
  readonly tokenKeys: Map<string, number> = new Map<string, number>();
  /** Verified tokens by the SHA-256 of their text, in hex. */
  readonly tokens: Map<string, LoggedToken> = new Map<string, LoggedToken>();
  /** Whether the body of an operator's entry was erased: it may have been a token or its key. */
  notesErased = false;
  genesis: Genesis | undefined;
  chain: Verified<RosterChain> | undefined;

  constructor(trust: ReplayTrust, ground: ReplayGround) {
    this.trust = trust;
    this.ground = ground;
  }

  /** Begins the life of a submission, @throws LedgerError `ledger/submission-repeated`. */
  beginLife(
    read: ReadEntry,
    origin: Pick<Life, 'submissionHash' | 'submission' | 'requester' | 'byAgent' | 'token'>,
  ): void {
    const { requestId: id, index } = read.entry;
    if (id === undefined) return;
    if (this.lives.has(toHex(id))) {
      throw new LedgerError('ledger/submission-repeated', 'a second submission of this id', { index });
    }
    this.lives.set(toHex(id), {
      ...origin,
      id,
      state: 'submitted',
      indexes: [index],
      verdict: undefined,
      request: undefined,
      counted: [],
      intent: undefined,
      outcome: undefined,
      proved: origin.submission !== undefined,
      closed: false,
    });
  }

  /** Returns the life that an entry names, with the entry noted in it, @throws LedgerError `ledger/request-unknown`. */
  continueLife(read: ReadEntry): Life {
    const { requestId, index } = read.entry;
    const life = requestId === undefined ? undefined : this.lives.get(toHex(requestId));
    if (life === undefined) {
      throw new LedgerError('ledger/request-unknown', `a ${read.entry.type} of a request never submitted`, {
        index,
      });
    }
    life.indexes.push(index);
    return life;
  }

  /**
   * The genesis and the rosters so far.
   * @throws LedgerError `ledger/genesis-misplaced`, `ledger/roster-missing`, blaming the entry at `index`
   */
  foundation(index?: number): { readonly genesis: Genesis; readonly chain: Verified<RosterChain> } {
    const facts = index === undefined ? {} : { index };
    if (this.genesis === undefined) {
      throw new LedgerError('ledger/genesis-misplaced', 'no genesis, expected it at index 0', facts);
    }
    if (this.chain === undefined) {
      throw new LedgerError('ledger/roster-missing', 'no roster, expected the first at index 1', facts);
    }
    return { genesis: this.genesis, chain: this.chain };
  }
}
