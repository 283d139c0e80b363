import {
  admitKey,
  fromHex,
  nobleVerifier,
  seedSigner,
  toBase64,
  toHex,
  type PublicKey,
} from '@countersign/codec';
import { expect, test } from 'vitest';
import {
  MemoryTree,
  MerkleError,
  noteBytesMax,
  noteKeyHash,
  parseCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
  type Checkpoint,
  type MerkleErrorCode,
} from '../src/index.ts';
import vectors from '../../../test/vectors/merkle/checkpoints.json' with { type: 'json' };

const origin = 'countersign.example/log';
const signer = seedSigner(new Uint8Array(32).fill(7));
const stranger = seedSigner(new Uint8Array(32).fill(8));
const root = new MemoryTree().root();
const checkpoint: Checkpoint = { origin, size: 0, root };
const note = signCheckpoint(checkpoint, signer);
const trust = { origin, key: signer.publicKey, verifier: nobleVerifier };
const [originLine = '', sizeLine = '', rootLine = '', , ownLine = ''] = note.split('\n');

function codeOf(act: () => unknown): MerkleErrorCode | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof MerkleError) return error.code;
    throw error;
  }
  return undefined;
}

/** A note of these lines, whatever they say. */
function noteOf(...lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function lineBy(key: PublicKey, name: string = origin): string {
  return `\u2014 ${name} ${toBase64(Uint8Array.of(...noteKeyHash(name, key), ...new Uint8Array(64)))}`;
}

test('what is signed is verified', () => {
  expect(verifyCheckpoint(note, trust)).toEqual(checkpoint);
  const large = { origin, size: Number.MAX_SAFE_INTEGER, root };
  expect(verifyCheckpoint(signCheckpoint(large, signer), trust)).toEqual(large);
});

test('the vectors of notes', () => {
  expect(vectors.notes).toHaveLength(3);
  const vectorSigner = seedSigner(fromHex(vectors.seed));
  for (const vector of vectors.notes) {
    const made = { origin: vector.origin, size: vector.size, root: fromHex(vector.root) };
    expect(signCheckpoint(made, vectorSigner)).toBe(vector.note);
    expect(
      verifyCheckpoint(vector.note, { ...trust, origin: vector.origin, key: vectorSigner.publicKey }),
    ).toEqual(made);
  }
});

test('the key hash is that of other programs for a published key', () => {
  // From the documentation of Go's package golang.org/x/mod/sumdb/note.
  const key = Uint8Array.from(Buffer.from('ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW', 'base64'));
  expect(key[0]).toBe(1);
  expect(toHex(noteKeyHash('PeterNeumann', admitKey(key.slice(1))))).toBe('c74f20a3');
});

test('signature lines of other keys are ignored, before and after the own one', () => {
  const witness = lineBy(stranger.publicKey, 'witness.example');
  const other = lineBy(stranger.publicKey);
  const lines = noteOf(originLine, sizeLine, rootLine, '', witness, ownLine, other);
  expect(verifyCheckpoint(lines, trust)).toEqual(checkpoint);
  expect(parseCheckpoint(lines).signatures.map((line) => line.name)).toEqual([
    'witness.example',
    origin,
    origin,
  ]);
});

test('no note with one character changed, removed or doubled is verified', () => {
  for (let at = 0; at < note.length; at += 1) {
    const character = note.charAt(at) === 'A' ? 'B' : 'A';
    for (const spoiled of [
      note.slice(0, at) + character + note.slice(at + 1),
      note.slice(0, at) + note.slice(at + 1),
      note.slice(0, at + 1) + note.slice(at),
      note.slice(0, at),
    ]) {
      if (spoiled !== note) expect(codeOf(() => verifyCheckpoint(spoiled, trust))).toMatch(/^checkpoint\//);
    }
  }
});

const refused: readonly [MerkleErrorCode, string, () => unknown][] = [
  ['checkpoint/too-long', 'a long note', () => parseCheckpoint('x'.repeat(noteBytesMax + 1))],
  ['checkpoint/too-long', 'a note long in bytes', () => parseCheckpoint('\u2014'.repeat(noteBytesMax / 2))],
  ['checkpoint/bad-shape', 'nothing', () => parseCheckpoint('')],
  ['checkpoint/bad-shape', 'no last line feed', () => parseCheckpoint(note.slice(0, -1))],
  [
    'checkpoint/bad-shape',
    'an extension line',
    () => parseCheckpoint(noteOf(originLine, sizeLine, rootLine, 'x', '', ownLine)),
  ],
  ['checkpoint/bad-origin', 'no origin', () => parseCheckpoint(noteOf('', sizeLine, rootLine, '', ownLine))],
  [
    'checkpoint/bad-origin',
    'a space in the origin',
    () => signCheckpoint({ ...checkpoint, origin: 'a b' }, signer),
  ],
  [
    'checkpoint/bad-origin',
    'a no-break space',
    () => signCheckpoint({ ...checkpoint, origin: 'a\u00a0b' }, signer),
  ],
  [
    'checkpoint/bad-origin',
    'a direction override',
    () => signCheckpoint({ ...checkpoint, origin: 'a\u202eb' }, signer),
  ],
  ['checkpoint/bad-origin', 'a line feed', () => signCheckpoint({ ...checkpoint, origin: 'a\nb' }, signer)],
  [
    'checkpoint/bad-origin',
    'a lone surrogate',
    () => signCheckpoint({ ...checkpoint, origin: '\ud800' }, signer),
  ],
  [
    'checkpoint/bad-origin',
    'a carriage return',
    () => parseCheckpoint(note.replaceAll('\n', '\r\n').replace('\r\n\r\n', '\n\n')),
  ],
  [
    'checkpoint/bad-origin',
    '257 bytes',
    () => signCheckpoint({ ...checkpoint, origin: 'x'.repeat(257) }, signer),
  ],
  [
    'checkpoint/bad-size',
    'a leading zero',
    () => parseCheckpoint(noteOf(originLine, '01', rootLine, '', ownLine)),
  ],
  ['checkpoint/bad-size', 'a sign', () => parseCheckpoint(noteOf(originLine, '+1', rootLine, '', ownLine))],
  [
    'checkpoint/bad-size',
    '2^53',
    () => parseCheckpoint(noteOf(originLine, '9007199254740992', rootLine, '', ownLine)),
  ],
  ['checkpoint/bad-root', 'no base64', () => parseCheckpoint(noteOf(originLine, sizeLine, '*', '', ownLine))],
  [
    'checkpoint/bad-root',
    '31 bytes',
    () => parseCheckpoint(noteOf(originLine, sizeLine, toBase64(root.slice(1)), '', ownLine)),
  ],
  ['checkpoint/bad-signature-line', 'a hyphen', () => parseCheckpoint(note.replace('\u2014', '-'))],
  [
    'checkpoint/bad-signature-line',
    'three parts',
    () => parseCheckpoint(noteOf(originLine, sizeLine, rootLine, '', `${ownLine} x`)),
  ],
  [
    'checkpoint/bad-signature-line',
    'an empty name',
    () => parseCheckpoint(noteOf(originLine, sizeLine, rootLine, '', '\u2014  AAAAAAAA')),
  ],
  [
    'checkpoint/bad-signature-line',
    'no signature',
    () => parseCheckpoint(noteOf(originLine, sizeLine, rootLine, '', '\u2014 x AAAAAA==')),
  ],
  [
    'checkpoint/too-many-signatures',
    '17 lines',
    () =>
      parseCheckpoint(
        noteOf(originLine, sizeLine, rootLine, '', ...Array.from({ length: 17 }, () => ownLine)),
      ),
  ],
  ['checkpoint/other-origin', 'another log', () => verifyCheckpoint(note, { ...trust, origin: 'other' })],
  [
    'checkpoint/unsigned',
    'no line',
    () => verifyCheckpoint(noteOf(originLine, sizeLine, rootLine, ''), trust),
  ],
  ['checkpoint/unsigned', 'another key', () => verifyCheckpoint(note, { ...trust, key: stranger.publicKey })],
  [
    'checkpoint/unsigned',
    'the own key under another name',
    () => verifyCheckpoint(noteOf(originLine, sizeLine, rootLine, '', ownLine.replace(origin, 'x')), trust),
  ],
  ['checkpoint/signed-twice', 'two lines', () => verifyCheckpoint(note + noteOf(ownLine), trust)],
  [
    'checkpoint/bad-signature',
    'another size',
    () => verifyCheckpoint(noteOf(originLine, '1', rootLine, '', ownLine), trust),
  ],
  [
    'checkpoint/bad-signature',
    'a signature of zeros',
    () => verifyCheckpoint(noteOf(originLine, sizeLine, rootLine, '', lineBy(signer.publicKey)), trust),
  ],
  ['merkle/bad-size', 'a size below zero', () => signCheckpoint({ ...checkpoint, size: -1 }, signer)],
  ['merkle/bad-hash', 'a short root', () => signCheckpoint({ ...checkpoint, root: root.slice(1) }, signer)],
];

test.each(refused)('%s: %s', (code, _, act) => {
  expect(codeOf(act)).toBe(code);
});
