import { describe, expect, test } from 'vitest';
import {
  admitKey,
  fromHex,
  nobleVerifier,
  seedSigner,
  toHex,
  utf8,
  verifySignature,
} from '@countersign/codec';
import { encodePem, nobleScrypt } from '@countersign/keys';
import { nodeScrypt, nodeSigner, nodeVerifier } from '../src/index.ts';

// RFC 8032 section 7.1, test 2.
const seed = fromHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');
const publicKey = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c';
const signature =
  '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00';

describe('nodeSigner', () => {
  test('signs as RFC 8032 says, from a seed or a PEM', () => {
    for (const signer of [nodeSigner(seed), nodeSigner(encodePem(seed))]) {
      expect(toHex(signer.publicKey)).toBe(publicKey);
      expect(toHex(signer.sign(Uint8Array.of(0x72)))).toBe(signature);
    }
  });

  test('refuses anything else', () => {
    expect(() => nodeSigner(new Uint8Array(31))).toThrow(expect.objectContaining({ code: 'pem/shape' }));
    expect(() => nodeSigner(utf8('-----BEGIN RSA PRIVATE KEY-----'))).toThrow(
      expect.objectContaining({ code: 'pem/label' }),
    );
  });
});

describe('nodeVerifier', () => {
  const key = admitKey(fromHex(publicKey));
  const message = Uint8Array.of(0x72);

  test('agrees with the backend in JavaScript, both ways', () => {
    for (let n = 0; n < 20; n++) {
      const text = new Uint8Array(n).fill(n);
      const own = new Uint8Array(32).fill(n + 1);
      const [native, plain] = [nodeSigner(own), seedSigner(own)];
      expect(native.sign(text)).toEqual(plain.sign(text));
      verifySignature(nobleVerifier, plain.publicKey, text, native.sign(text));
      verifySignature(nodeVerifier, native.publicKey, text, plain.sign(text));
    }
  });

  test('refuses every change of one bit in message, signature and key', () => {
    const refused = expect.objectContaining({
      code: expect.stringMatching(/^signature\//) as string,
    }) as Error;
    const sound = fromHex(signature);
    verifySignature(nodeVerifier, key, message, sound);
    for (let bit = 0; bit < 512; bit++) {
      const changed = sound.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(() => verifySignature(nodeVerifier, key, message, changed)).toThrow(refused);
    }
    expect(() => verifySignature(nodeVerifier, key, Uint8Array.of(0x73), sound)).toThrow(refused);
    const other = seedSigner(new Uint8Array(32)).publicKey;
    expect(() => verifySignature(nodeVerifier, other, message, sound)).toThrow(refused);
  });
});

test('native scrypt is the one in JavaScript', async () => {
  const [passphrase, salt] = [utf8('countersign-demo'), utf8('age-encryption.org/v1/scrypt0123456789abcdef')];
  for (const workFactor of [1, 4, 12])
    expect(await nodeScrypt(passphrase, salt, workFactor)).toEqual(
      await nobleScrypt(passphrase, salt, workFactor),
    );
  await expect(nodeScrypt(passphrase, salt, 40)).rejects.toThrow();
});
