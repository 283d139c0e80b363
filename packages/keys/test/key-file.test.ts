import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { fromBase64, toHex } from '@countersign/codec';
import { encodePem, keyFileForm, lockKey, parseAgeHeader, unlockKey, type Scrypt } from '../src/index.ts';
import { encryptFile } from '../src/key-file.ts';
import { codeOf, codeOfLater, readVectors } from './vectors.ts';

const vectors = readVectors('key-files');
const passphrase = 'a quiet lake at noon';
const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

/** Counts on nothing being derived. */
const noScrypt: Scrypt = () => {
  throw new Error('scrypt was called');
};

test('there are 43 vectors', () => expect(vectors.length).toBe(43));

describe('vectors', () => {
  test.each(vectors)('$note', async (vector) => {
    const { file, seed, code, beforePassphrase, allowUnencrypted = false } = vector;
    let asked = 0;
    const ask = (): string => {
      asked += 1;
      return vector.passphrase;
    };
    const unlocked = unlockKey(fromBase64(file), {
      passphrase: ask,
      allowUnencrypted,
      ...(beforePassphrase === true && { scrypt: noScrypt }),
    });
    if (code === undefined) expect(toHex(await unlocked)).toBe(seed);
    else expect(await codeOfLater(() => unlocked)).toBe(code);
    const encrypted = !allowUnencrypted && beforePassphrase !== true;
    expect(asked).toBe(encrypted ? 1 : 0);
  });
});

describe('a file of work factor 1', async () => {
  const seed = random(32);
  const file = await encryptFile(encodePem(seed), { passphrase, random }, 1);
  const open = (bytes: Uint8Array): Promise<string | undefined> =>
    codeOfLater(() => unlockKey(bytes, { passphrase: () => passphrase }));

  test('opens to its seed', async () => {
    expect(await unlockKey(file, { passphrase: () => passphrase })).toEqual(seed);
  });

  test('is refused at every truncation', async () => {
    for (let length = 0; length < file.length; length++)
      expect(await open(file.subarray(0, length)), `cut at ${length}`).toMatch(/^keyfile\//);
  });

  test('is refused after every change of one byte', async () => {
    for (let at = 0; at < file.length; at++) {
      const changed = file.map((byte, index) => (index === at ? byte ^ 1 : byte));
      expect(await open(changed), `changed at ${at}`).toMatch(/^(keyfile\/|passphrase\/wrong$)/);
    }
  });

  test('has a header of the length it says', () => {
    const header = parseAgeHeader(file);
    expect([header.workFactor, header.salt.length, header.wrappedKey.length]).toEqual([1, 16, 32]);
    expect(Buffer.from(file.subarray(header.length - 1, header.length)).toString()).toBe('\n');
  });
});

describe('lockKey', () => {
  const scrypt: Scrypt = (_passphrase, salt, workFactor) =>
    Promise.resolve(new Uint8Array(32).fill(workFactor + (salt[0] ?? 0)));

  test('writes work factor 18 and what unlockKey opens', async () => {
    const seed = random(32);
    const file = await lockKey(seed, { passphrase, random, scrypt });
    expect(keyFileForm(file)).toBe('encrypted');
    expect(parseAgeHeader(file).workFactor).toBe(18);
    expect(await unlockKey(file, { passphrase: () => passphrase, scrypt })).toEqual(seed);
  });

  test('refuses a weak passphrase, a short seed and a source that runs dry', async () => {
    const seed = random(32);
    const lock = (changes: object, bytes = seed): Promise<string | undefined> =>
      codeOfLater(() => lockKey(bytes, { passphrase, random, scrypt, ...changes }));
    expect(await lock({ passphrase: 'short' })).toBe('passphrase/too-short');
    expect(await lock({}, seed.subarray(1))).toBe('pkcs8/seed-length');
    expect(await lock({ random: () => new Uint8Array(15) })).toBe('random/length');
  });

  test('takes the JavaScript scrypt when it is given none', async () => {
    const seed = random(32);
    const file = await lockKey(seed, { passphrase, random });
    expect(await unlockKey(file, { passphrase: () => passphrase })).toEqual(seed);
  });
});

test('the form of a file is told before anything else', () => {
  expect(keyFileForm(encodePem(new Uint8Array(32)))).toBe('unencrypted');
  expect(codeOf(() => keyFileForm(new Uint8Array(4097)))).toBe('keyfile/too-large');
});
