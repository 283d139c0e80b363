import {
  CodecError,
  compareBytes,
  equalBytes,
  keyId,
  mapVerified,
  sha256,
  sign1,
  toHex,
  verify1,
  type PublicKey,
  type SignatureVerifier,
  type SignedPayload,
  type Signer,
  type Verified,
} from '@countersign/codec';
import { decodeSignedRoster, encodeSignedRoster, type SignedRoster } from './containers.ts';
import { MessageError } from './message-error.ts';
import type { RosterRef } from './refs.ts';
import { RosterDirectory, type KeyHolder } from './roster-directory.ts';
import { checkRoster, type AdmittedKeys } from './roster-rules.ts';
import { decodeRoster, encodeRoster, type RootKeys, type Roster } from './roster.ts';

/** Rosters 1..n of one deployment, each signed by the thresholds of the one before and its own. */
export class RosterChain {
  readonly domain: Uint8Array;
  /** The roster in force: the last. */
  readonly current: RosterDirectory;
  readonly #rosters: readonly RosterDirectory[];

  constructor(first: RosterDirectory, later: readonly RosterDirectory[]) {
    this.domain = first.roster.domain;
    this.current = later.at(-1) ?? first;
    this.#rosters = [first, ...later];
  }

  /** Number of the roster in force. */
  get number(): number {
    return this.#rosters.length;
  }

  /** Returns roster `number` (from 1), or undefined when the chain does not reach it. */
  at(number: number): RosterDirectory | undefined {
    return this.#rosters[number - 1];
  }

  /** Returns the chain as it was when roster `number` was in force, or undefined when it does not reach it. */
  asOf(number: number): RosterChain | undefined {
    const [first, ...later] = this.#rosters.slice(0, number);
    return first === undefined || number > this.number ? undefined : new RosterChain(first, later);
  }

  /** Returns this chain with one more roster, which the caller has verified. */
  followedBy(next: RosterDirectory): RosterChain {
    const [first = next, ...later] = this.#rosters;
    return new RosterChain(first, [...later, next]);
  }

  /** Returns the ids of every key that any roster of the chain has, as hex. */
  keyIds(): ReadonlySet<string> {
    return new Set(this.#rosters.flatMap((each) => [...kidsOf(each.keys)]));
  }

  /** Returns what a record calls the roster in force. */
  ref(): RosterRef {
    return { number: this.number, hash: this.current.hash };
  }

  /** Returns whether `ref` names a roster of this chain. */
  includes(ref: RosterRef): boolean {
    const found = this.at(ref.number);
    return found !== undefined && equalBytes(found.hash, ref.hash);
  }

  /** Returns the person's key of this id in the roster in force, or undefined. */
  holder(kid: Uint8Array): KeyHolder | undefined {
    return this.current.holder(kid);
  }

  /** Returns the ledger index from which nothing by this key counts, or undefined. */
  revokedFrom(kid: Uint8Array): number | undefined {
    return this.current.roster.revocations.find((revocation) => equalBytes(revocation.kid, kid))?.fromIndex;
  }

  /** Returns whether nothing by this key counts at ledger index `index`. */
  isRevokedAt(kid: Uint8Array, index: number): boolean {
    const from = this.revokedFrom(kid);
    return from !== undefined && index >= from;
  }
}

/** Returns the envelope by which a root key signs a roster payload. */
export function signRosterPayload(payload: Uint8Array, signer: Signer): Uint8Array {
  return sign1({ type: 'roster', payload, signer, detached: true });
}

/**
 * Returns the bytes of `roster` signed by `signers`; whether they reach the thresholds is seen by `verifyRosterChain`.
 * @throws MessageError `roster/…` when the roster breaks a rule
 */
export function signRoster(roster: Roster, signers: readonly Signer[]): Uint8Array {
  checkRoster(roster);
  const payload = encodeRoster(roster);
  const envelopes = signers.map((signer) => signRosterPayload(payload, signer));
  return encodeSignedRoster({ version: 1, payload, envelopes });
}

/**
 * Returns the chain of `rosters` (encoded signed rosters, number 1 first), trusted because `anchor` names the root
 * keys of number 1 (docs/spec/roster.md#rules).
 * @throws MessageError `roster/…` with `index` in `rosters`; CodecError when one is not a signed roster at all
 */
export function verifyRosterChain(
  rosters: readonly Uint8Array[],
  anchor: RootKeys,
  verifier: SignatureVerifier,
): Verified<RosterChain> {
  let chain: Verified<RosterChain> | undefined;
  for (const [index, bytes] of rosters.entries()) {
    chain =
      chain === undefined
        ? startChain(bytes, anchor, verifier)
        : extendRosterChain(chain, bytes, verifier, index);
  }
  if (chain === undefined) throw new MessageError('roster/none', 'no roster, expected at least number 1');
  return chain;
}

/**
 * Returns `chain` with the next roster.
 * @throws MessageError `roster/…`
 */
export function extendRosterChain(
  chain: Verified<RosterChain>,
  bytes: Uint8Array,
  verifier: SignatureVerifier,
  index: number = chain.number,
): Verified<RosterChain> {
  const before = chain.current;
  const signed = decodeSignedRoster(bytes);
  const { roster, keys } = readRoster(signed, chain.number + 1, index, before.keys);
  if (roster.previous === null || !equalBytes(roster.previous, before.hash)) {
    throw new MessageError('roster/previous-mismatch', 'a roster that does not follow the one before', {
      index,
    });
  }
  if (!equalBytes(roster.domain, chain.domain)) {
    throw new MessageError('roster/domain-changed', 'a roster of another deployment', { index });
  }
  checkRevocations(chain, roster, keys, index);
  const all = new Map([...before.keys, ...keys]);
  const proof = verifyThresholds(signed, [before.roster.root, roster.root], all, verifier, index);
  return mapVerified(proof, ({ payload }) =>
    chain.followedBy(new RosterDirectory(roster, sha256(payload), keys)),
  );
}

function startChain(bytes: Uint8Array, anchor: RootKeys, verifier: SignatureVerifier): Verified<RosterChain> {
  const signed = decodeSignedRoster(bytes);
  const { roster, keys } = readRoster(signed, 1, 0, new Map());
  if (roster.previous !== null) {
    throw new MessageError('roster/previous-mismatch', 'roster number 1 with a roster before it', {
      index: 0,
    });
  }
  if (!sameRoot(roster.root, anchor)) {
    throw new MessageError('roster/anchor-mismatch', 'root keys that are not those of the root file', {
      index: 0,
    });
  }
  requireKnownRevocations(roster, kidsOf(keys), 0);
  const proof = verifyThresholds(signed, [roster.root], keys, verifier, 0);
  return mapVerified(
    proof,
    ({ payload }) => new RosterChain(new RosterDirectory(roster, sha256(payload), keys), []),
  );
}

function readRoster(
  signed: SignedRoster,
  number: number,
  index: number,
  known: AdmittedKeys,
): { readonly roster: Roster; readonly keys: AdmittedKeys } {
  const roster = decodeRoster(signed.payload);
  if (roster.number !== number) {
    throw new MessageError('roster/number-gap', `roster number ${roster.number}, expected ${number}`, {
      index,
    });
  }
  return { roster, keys: checkRoster(roster, known) };
}

function sameRoot(root: RootKeys, anchor: RootKeys): boolean {
  const expected = [...anchor.keys].sort(compareBytes);
  return (
    root.threshold === anchor.threshold &&
    root.keys.length === expected.length &&
    root.keys.every((key, i) => equalBytes(key, expected[i] ?? new Uint8Array(0)))
  );
}

/** Verifies every envelope and returns one of them once each of `roots` has its threshold of distinct keys. */
function verifyThresholds(
  signed: SignedRoster,
  roots: readonly RootKeys[],
  keys: AdmittedKeys,
  verifier: SignatureVerifier,
  index: number,
): Verified<SignedPayload> {
  const allowed = new Map<string, PublicKey>();
  for (const raw of roots.flatMap((root) => root.keys)) {
    const key = keys.get(toHex(raw));
    if (key !== undefined) allowed.set(toHex(keyId(key)), key);
  }
  const proofs = signed.envelopes.map((envelope) =>
    verifyEnvelope(envelope, signed.payload, allowed, verifier, index),
  );
  const signers = new Set(proofs.map((proof) => toHex(proof.key)));
  for (const root of roots) {
    const count = root.keys.filter((key) => signers.has(toHex(key))).length;
    if (count < root.threshold) {
      const message = `signed by ${count} root keys, expected ${root.threshold}`;
      throw new MessageError('roster/threshold-missed', message, { index });
    }
  }
  const [proof] = proofs;
  if (proof === undefined) throw new MessageError('roster/threshold-missed', 'no envelope', { index });
  return proof;
}

function verifyEnvelope(
  envelope: Uint8Array,
  payload: Uint8Array,
  allowed: ReadonlyMap<string, PublicKey>,
  verifier: SignatureVerifier,
  index: number,
): Verified<SignedPayload> {
  try {
    return verify1(envelope, { type: 'roster', keyOf: (kid) => allowed.get(toHex(kid)), verifier, payload });
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    if (cause.code === 'cose/kid-unknown') {
      throw new MessageError('roster/envelope-foreign', 'signed by a key that is no root key', {
        index,
        cause,
      });
    }
    throw new MessageError('roster/envelope-invalid', 'an envelope that does not verify', { index, cause });
  }
}

/** A revocation once made stands for ever, and must name a key that some roster so far has. */
function checkRevocations(chain: RosterChain, roster: Roster, keys: AdmittedKeys, index: number): void {
  for (const old of chain.current.roster.revocations) {
    const kept = roster.revocations.find((revocation) => equalBytes(revocation.kid, old.kid));
    if (kept === undefined || kept.fromIndex > old.fromIndex) {
      throw new MessageError(
        'roster/revocation-dropped',
        'a revocation of the roster before is missing or later',
        {
          index,
          name: toHex(old.kid),
        },
      );
    }
  }
  requireKnownRevocations(roster, new Set([...chain.keyIds(), ...kidsOf(keys)]), index);
}

function requireKnownRevocations(roster: Roster, known: ReadonlySet<string>, index: number): void {
  const unknown = roster.revocations.find((revocation) => !known.has(toHex(revocation.kid)));
  if (unknown === undefined) return;
  throw new MessageError('roster/revocation-unknown', 'a revocation of a key that no roster so far has', {
    index,
    name: toHex(unknown.kid),
  });
}

function kidsOf(keys: AdmittedKeys): ReadonlySet<string> {
  return new Set([...keys.values()].map((key) => toHex(keyId(key))));
}
