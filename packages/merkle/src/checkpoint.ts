import {
  concatBytes,
  equalBytes,
  fromBase64,
  mapVerified,
  sha256,
  toBase64,
  utf8,
  utf8Length,
  verifySignature,
  type PublicKey,
  type SignatureVerifier,
  type Signer,
  type Verified,
} from '@countersign/codec';
import { hashBytes, requireHash, type Hash } from './hash.ts';
import { MerkleError, type MerkleErrorCode } from './merkle-error.ts';
import { requireSize } from './tree.ts';

/** The head of a log: which log, how many entries, and the root of its tree. */
export interface Checkpoint {
  /** Name of the log and of its key in the note: no spaces, no `+`, no control characters, at most 256 bytes. */
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

/** One signature line of a note. */
export interface NoteSignature {
  readonly name: string;
  /** First 4 bytes of the key's hash, which tell the keys of one name apart. */
  readonly keyHash: Uint8Array;
  /** As many bytes as the key's algorithm makes; 64 for Ed25519. */
  readonly signature: Uint8Array;
}

/** A checkpoint note taken apart, with nothing verified. */
export interface CheckpointNote {
  readonly checkpoint: Checkpoint;
  /** What the signatures cover, its last line feed included. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** The longest note that is read, in bytes of UTF-8. */
export const noteBytesMax = 16_384;
/** The most signature lines that a note may have. */
export const noteSignaturesMax = 16;
const originBytesMax = 256;
const keyHashBytes = 4;
const ed25519Algorithm = 0x01;
const linePrefix = '\u2014 ';

/**
 * Returns the signed note of `checkpoint` with one signature line (docs/spec/checkpoint.md).
 * @throws MerkleError `checkpoint/bad-origin`, `merkle/bad-size`, `merkle/bad-hash`
 */
export function signCheckpoint(checkpoint: Checkpoint, signer: Signer): string {
  const text = formatCheckpoint(checkpoint);
  const blob = concatBytes(noteKeyHash(checkpoint.origin, signer.publicKey), signer.sign(utf8(text)));
  return `${text}\n${linePrefix}${checkpoint.origin} ${toBase64(blob)}\n`;
}

/**
 * Returns the checkpoint of a note that `key` signed for the log `origin`, exactly once; lines of other keys are ignored.
 * @throws MerkleError `checkpoint/…`
 */
export function verifyCheckpoint(
  note: string,
  trust: { readonly origin: string; readonly key: PublicKey; readonly verifier: SignatureVerifier },
): Verified<Checkpoint> {
  const { checkpoint, text, signatures } = parseCheckpoint(note);
  if (checkpoint.origin !== trust.origin) {
    throw new MerkleError('checkpoint/other-origin', 'a checkpoint of another log than expected');
  }
  const keyHash = noteKeyHash(trust.origin, trust.key);
  const [own, ...more] = signatures.filter(
    (line) => line.name === trust.origin && equalBytes(line.keyHash, keyHash),
  );
  if (own === undefined) {
    throw new MerkleError('checkpoint/unsigned', 'no signature line by the key of this log, expected one');
  }
  if (more.length > 0) {
    throw new MerkleError(
      'checkpoint/signed-twice',
      `${more.length + 1} signature lines by the key of this log, expected one`,
    );
  }
  try {
    const signed = verifySignature(trust.verifier, trust.key, utf8(text), own.signature);
    return mapVerified(signed, () => checkpoint);
  } catch (cause) {
    throw new MerkleError(
      'checkpoint/bad-signature',
      'the signature line of this log does not sign this note',
      { cause },
    );
  }
}

/**
 * Returns the parts of a note, of exactly the form that `signCheckpoint` writes but for further signature lines.
 * @throws MerkleError `checkpoint/too-long`, `checkpoint/bad-shape`, `checkpoint/bad-origin`, `checkpoint/bad-size`,
 * `checkpoint/bad-root`, `checkpoint/bad-signature-line`, `checkpoint/too-many-signatures`
 */
export function parseCheckpoint(note: string): CheckpointNote {
  if (note.length > noteBytesMax || utf8Length(note) > noteBytesMax) {
    throw new MerkleError('checkpoint/too-long', `a note above ${noteBytesMax} bytes`);
  }
  const [origin, size, root, blank, ...rest] = note.split('\n');
  const end = rest.pop();
  if (origin === undefined || size === undefined || root === undefined || blank !== '' || end !== '') {
    throw new MerkleError(
      'checkpoint/bad-shape',
      'a note is origin, size, root, an empty line and signature lines, each with its line feed',
    );
  }
  if (rest.length > noteSignaturesMax) {
    throw new MerkleError(
      'checkpoint/too-many-signatures',
      `${rest.length} signature lines, expected at most ${noteSignaturesMax}`,
    );
  }
  requireOrigin(origin, 'checkpoint/bad-origin');
  const checkpoint = { origin, size: parseSize(size), root: parseRoot(root) };
  return { checkpoint, text: `${origin}\n${size}\n${root}\n`, signatures: rest.map(parseSignatureLine) };
}

/** Returns the key hash of a note: the first 4 bytes of SHA-256(name || LF || 0x01 || public key). */
export function noteKeyHash(name: string, key: PublicKey): Uint8Array {
  const input = concatBytes(utf8(name), utf8('\n'), Uint8Array.of(ed25519Algorithm), key);
  return sha256(input).slice(0, keyHashBytes);
}

function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  requireOrigin(origin, 'checkpoint/bad-origin');
  requireSize(size, 'tree size');
  requireHash(root, 'root');
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

// A name with a space or a line feed in it could be read as another line of the note.
function requireOrigin(name: string, code: MerkleErrorCode): void {
  const length = name.isWellFormed() ? utf8Length(name) : Infinity;
  if (length === 0 || length > originBytesMax || /[\p{C}\p{Z}\s+]/u.test(name)) {
    throw new MerkleError(
      code,
      `the name of a log or key, expected 1 to ${originBytesMax} bytes without spaces, + and control characters`,
    );
  }
}

function parseSize(text: string): number {
  const size = Number(text);
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text) || !Number.isSafeInteger(size)) {
    throw new MerkleError(
      'checkpoint/bad-size',
      'the size line, expected a decimal number without leading zeros, below 2^53',
    );
  }
  return size;
}

function parseRoot(text: string): Hash {
  const root = decodeBase64(text, 'checkpoint/bad-root');
  if (root.length !== hashBytes) {
    throw new MerkleError('checkpoint/bad-root', `a root of ${root.length} bytes, expected ${hashBytes}`);
  }
  return root;
}

function parseSignatureLine(line: string): NoteSignature {
  const [name, base64, ...more] = line.startsWith(linePrefix) ? line.slice(linePrefix.length).split(' ') : [];
  if (name === undefined || base64 === undefined || more.length > 0) {
    throw new MerkleError('checkpoint/bad-signature-line', 'a signature line, expected — name base64');
  }
  requireOrigin(name, 'checkpoint/bad-signature-line');
  const blob = decodeBase64(base64, 'checkpoint/bad-signature-line');
  if (blob.length <= keyHashBytes) {
    throw new MerkleError(
      'checkpoint/bad-signature-line',
      `a signature line of ${blob.length} bytes, expected a key hash of ${keyHashBytes} and a signature`,
    );
  }
  return { name, keyHash: blob.slice(0, keyHashBytes), signature: blob.slice(keyHashBytes) };
}

function decodeBase64(text: string, code: MerkleErrorCode): Uint8Array {
  try {
    return fromBase64(text);
  } catch (cause) {
    throw new MerkleError(code, 'malformed base64', { cause });
  }
}
