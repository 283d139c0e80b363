import { fromHex } from '@countersign/codec';
import { nodeVerifier } from '@countersign/program';
import { expect, test } from 'vitest';
import {
  decodeEvidence,
  encodeEvidence,
  extractRequest,
  LedgerError,
  looksLikeEvidence,
  verifyBundle,
  verifyEvidence,
  type Evidence,
} from '../src/index.ts';
import { goodStory } from '../../../test/model/good-story.ts';
import { storyAnchor } from '../../../test/model/story-cast.ts';

const trust = { anchor: storyAnchor, verifier: nodeVerifier };
const bundle = goodStory().bundle();
const ledger = verifyBundle(bundle, trust);
const ids = [...ledger.lives.keys()];
const file = extractRequest(ledger, fromHex(ids[0] ?? ''));
const evidence = decodeEvidence(file);

function codeOf(change: Partial<Evidence>): string | undefined {
  return codeOfFile(encodeEvidence({ ...evidence, ...change }));
}

function codeOfFile(bytes: Uint8Array): string | undefined {
  try {
    verifyEvidence(bytes, trust);
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
  return undefined;
}

test('each request of an honest ledger verifies alone', () => {
  expect(ids).toHaveLength(11);
  for (const id of ids) {
    const verified = verifyEvidence(extractRequest(ledger, fromHex(id)), trust);
    expect(verified.life.state).toBe(ledger.lives.get(id)?.state);
    expect(verified.life.indexes).toEqual(ledger.lives.get(id)?.indexes);
    expect(verified).toMatchObject({ size: ledger.size, root: ledger.root, origin: ledger.origin });
  }
});

test('an evidence file is told from an audit bundle by its first byte', () => {
  expect(looksLikeEvidence(file)).toBe(true);
  expect(looksLikeEvidence(bundle)).toBe(false);
});

test('what is not proved is refused', () => {
  const [first, second, ...rest] = evidence.items;
  if (first === undefined || second === undefined) throw new Error('no items');
  expect(codeOf({})).toBeUndefined();
  expect(codeOf({ items: [first, second] })).toBe('evidence/incomplete');
  expect(codeOf({ items: [second, first, ...rest] })).toBe('ledger/genesis-misplaced');
  expect(codeOf({ items: [first, second, ...rest.toReversed()] })).toBe('evidence/mismatch');
  expect(codeOf({ items: [first, second, ...rest, second] })).toBe('evidence/mismatch');
  expect(codeOf({ requestId: new Uint8Array(16) })).toBe('evidence/mismatch');
  expect(codeOf({ items: [first, second, ...rest.slice(1)] })).toBe('ledger/request-unknown');
  expect(codeOf({ items: [{ ...first, inclusion: first.inclusion.slice(1) }, second, ...rest] })).toBe(
    'evidence/not-included',
  );
  expect(codeOf({ heads: evidence.heads.map((head) => ({ ...head, root: new Uint8Array(32) })) })).toBe(
    'evidence/not-included',
  );
  expect(codeOf({ heads: [] })).toBe('ledger/witness-mismatch');
  expect(codeOf({ checkpoint: evidence.checkpoint.replace('\n', 'x\n') })).toBe('ledger/checkpoint-invalid');
  expect(codeOf({ checkpoint: '' })).toBe('ledger/checkpoint-invalid');
  // Without the decisions the quorum is not there.
  expect(codeOf({ items: evidence.items.toSpliced(-4, 1) })).toBe('ledger/quorum-incomplete');
});

test('no byte of an evidence file may change', () => {
  for (let at = 0; at < file.length; at += 101) {
    const spoiled = Uint8Array.from(file, (byte, i) => (i === at ? byte ^ 0x01 : byte));
    expect(codeOfFile(spoiled), `byte ${at}`).toMatch(/^(evidence|ledger)\//);
  }
  for (let length = 0; length < file.length; length += 997) {
    expect(codeOfFile(file.slice(0, length))).toBe('evidence/malformed');
  }
});

test('a request that is not there is not extracted', () => {
  expect(() => extractRequest(ledger, new Uint8Array(16))).toThrow(LedgerError);
});
