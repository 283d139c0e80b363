import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { codecErrorCodes } from '../src/error.ts';
import {
  concatBytes,
  equalBytes,
  fromHex,
  keyId,
  nobleVerifier,
  parseEnvelope,
  seedSigner,
  sign1,
  toHex,
  utf8,
  verify1,
  type PublicKey,
  type RecordType,
  type SignatureVerifier,
} from '../src/index.ts';
import { opensslVerifier } from './openssl-verifier.ts';
import { envelopeVectors, knownSigner } from './envelope-vectors.ts';
import { formatVectors } from './format-vectors.ts';
import { bombBytes, codeOf, leastTimeMs, readVectors, refusalOf, vectorPath } from './vectors.ts';

const vectors = readVectors('envelopes');
const known = keyId(knownSigner.publicKey);

function keyOf(kid: Uint8Array): PublicKey | undefined {
  return equalBytes(kid, known) ? knownSigner.publicKey : undefined;
}

function verifyHex(hex: string, type: string, verifier: SignatureVerifier, detached?: string): string {
  const payload = detached === undefined ? {} : { payload: fromHex(detached) };
  return toHex(verify1(fromHex(hex), { type: type as RecordType, keyOf, verifier, ...payload }).payload);
}

test('the file holds as many vectors as it should, and what the generator makes', () => {
  expect(vectors.length).toBe(74);
  expect(readFileSync(vectorPath('envelopes'), 'utf8')).toBe(formatVectors('envelopes', envelopeVectors()));
});

describe.each([
  ['noble', nobleVerifier],
  ['openssl', opensslVerifier],
])('with %s', (_, verifier) => {
  test.each(vectors)('$name', ({ hex, type, detached, payload, code }) => {
    if (code === undefined) expect(verifyHex(hex, type, verifier, detached)).toBe(payload);
    else expect(refusalOf(() => verifyHex(hex, type, verifier, detached)).code).toBe(code);
  });
});

describe('a signed record', () => {
  const record = sign1({ type: 'request', payload: utf8('a record of some length'), signer: knownSigner });
  const codes = new Set<string>(codecErrorCodes);

  test('every truncation is refused as truncated', () => {
    for (let length = 0; length < record.length; length++) {
      const code = codeOf(() => verifyHex(toHex(record.subarray(0, length)), 'request', opensslVerifier));
      expect(code).toBe('cbor/truncated');
    }
  });

  test('every change of a single byte is refused with a known code', () => {
    const seen = new Set<string>();
    for (let at = 0; at < record.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        if (byte === record[at]) continue;
        const changed = Uint8Array.from(record);
        changed[at] = byte;
        const code = codeOf(() => verify1(changed, { type: 'request', keyOf, verifier: opensslVerifier }));
        if (code === undefined || !codes.has(code)) {
          throw new Error(`byte ${at} set to ${byte}: ${code ?? 'accepted'}`);
        }
        seen.add(code);
      }
    }
    expect(seen.size).toBeGreaterThan(15);
  });

  test('every byte removed and every byte doubled is refused', () => {
    for (let at = 0; at < record.length; at++) {
      const removed = Uint8Array.from(record.filter((_, i) => i !== at));
      const doubled = Uint8Array.from([...record.slice(0, at + 1), ...record.slice(at)]);
      for (const changed of [removed, doubled]) {
        const code = codeOf(() => verify1(changed, { type: 'request', keyOf, verifier: opensslVerifier }));
        expect(codes.has(code ?? 'accepted')).toBe(true);
      }
    }
  });
});

test('the type is compared before any key is asked for', () => {
  const decision = sign1({ type: 'decision', payload: utf8('x'), signer: knownSigner });
  const asked: Uint8Array[] = [];
  const ask = (kid: Uint8Array): undefined => {
    asked.push(kid);
  };
  const error = refusalOf(() => verify1(decision, { type: 'request', keyOf: ask, verifier: nobleVerifier }));
  expect([error.code, asked.length]).toEqual(['cose/record-type', 0]);
  expect(codeOf(() => verify1(decision, { type: 'decision', keyOf: ask, verifier: nobleVerifier }))).toBe(
    'cose/kid-unknown',
  );
  expect(asked.map(toHex)).toEqual([toHex(known)]);
});

test('a key that the kid does not name is refused although its signature holds', () => {
  const other = seedSigner(new Uint8Array(32).fill(9));
  const record = sign1({
    type: 'request',
    payload: utf8('x'),
    signer: { publicKey: knownSigner.publicKey, sign: (message) => other.sign(message) },
  });
  const error = refusalOf(() =>
    verify1(record, { type: 'request', keyOf: () => other.publicKey, verifier: nobleVerifier }),
  );
  expect(error.code).toBe('cose/kid-mismatch');
});

test('an envelope is parsed without any key', () => {
  const record = sign1({ type: 'receipt', payload: utf8('x'), signer: knownSigner });
  const envelope = parseEnvelope(record);
  expect(envelope.type).toBe('receipt');
  expect(toHex(envelope.kid)).toBe(toHex(known));
  expect(envelope.payload).toStrictEqual(utf8('x'));
});

test('the limits reach the payload: 1 MiB unless more is allowed', () => {
  const record = sign1({ type: 'request', payload: new Uint8Array(1_048_576), signer: knownSigner });
  expect(codeOf(() => parseEnvelope(record))).toBe('cbor/bytes-over-limit');
  expect(codeOf(() => parseEnvelope(record, { bytesMax: 2_000_000 }))).toBeUndefined();
});

test('a signer that returns anything but 64 bytes is refused', () => {
  const signer = { publicKey: knownSigner.publicKey, sign: () => new Uint8Array(63) };
  expect(codeOf(() => sign1({ type: 'request', payload: utf8('x'), signer }))).toBe('cose/signature');
});

test('bombs behind the tag are refused in under 10 ms', () => {
  for (const bomb of readVectors('bombs')) {
    const bytes = concatBytes(Uint8Array.of(0xd2), bombBytes(bomb));
    const leastMs = leastTimeMs(() => {
      expect(codeOf(() => parseEnvelope(bytes))).toBe(bomb.code);
    });
    expect([bomb.name, leastMs < 10]).toEqual([bomb.name, true]);
  }
});
