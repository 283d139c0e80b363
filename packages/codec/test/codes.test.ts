import { expect, test } from 'vitest';
import { codecErrorCodes } from '../src/error.ts';
import {
  decode,
  equalBytes,
  fromHex,
  keyId,
  nobleVerifier,
  verify1,
  type PublicKey,
  type RecordType,
} from '../src/index.ts';
import { knownSigner } from './envelope-vectors.ts';
import { refusals } from './refusals.ts';
import { verdictOf } from './signature-verdict.ts';
import { bombBytes, codeOf, readVectors, refusalOf } from './vectors.ts';

test.each(refusals)('$name ($code)', ({ code, path, action }) => {
  const error = refusalOf(action);
  expect(error.code).toBe(code);
  if (path !== undefined) expect(error.path).toBe(path);
});

test('messages are one line, lower case and short', () => {
  for (const { action } of refusals) {
    const { message } = refusalOf(action);
    expect(message).toMatch(/^[^A-Z\n][^\n]{3,150}$/);
  }
});

function keyOf(kid: Uint8Array): PublicKey | undefined {
  return equalBytes(kid, keyId(knownSigner.publicKey)) ? knownSigner.publicKey : undefined;
}

// The codes that the vectors bring about when they are run, not those that the files name.
function codesOfVectors(): readonly (string | undefined)[] {
  const cbor = [...readVectors('rfc8949'), ...readVectors('refused')];
  const signatures = [...readVectors('ed25519-speccheck'), ...readVectors('ed25519-edges')];
  const verifier = nobleVerifier;
  return [
    ...cbor.map(({ hex }) => codeOf(() => decode(fromHex(hex)))),
    ...readVectors('bombs').map((bomb) => codeOf(() => decode(bombBytes(bomb)))),
    ...signatures.map((vector) => verdictOf(verifier, vector)),
    ...readVectors('envelopes').map(({ hex, type, detached }) => {
      const payload = detached === undefined ? {} : { payload: fromHex(detached) };
      return codeOf(() => verify1(fromHex(hex), { type: type as RecordType, keyOf, verifier, ...payload }));
    }),
  ];
}

test('every code of the package is hit, and no other', () => {
  const hit = new Set([...refusals.map(({ action }) => codeOf(action)), ...codesOfVectors()]);
  hit.delete(undefined);
  hit.delete('accepted');
  expect([...hit].sort()).toEqual([...codecErrorCodes].sort());
});
