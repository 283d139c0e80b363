import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { toHex } from '@countersign/codec';
import { encodePem, formatRootFile, generateKey } from '@countersign/keys';
import {
  loadPrivateKey,
  loadPublicKey,
  loadRootFile,
  savePrivateKey,
  savePublicKey,
  systemRandom,
  type PassphraseSource,
} from '../src/index.ts';
import { keptSurroundings } from './streams.ts';
import { temporaryDirectory } from './temporary-directory.ts';

function knowing(passphrase?: string): PassphraseSource {
  const environment = passphrase === undefined ? {} : { COUNTERSIGN_PASSPHRASE: passphrase };
  return { surroundings: keptSurroundings([], environment) };
}

function refusal(code: string): unknown {
  return expect.objectContaining({ code });
}

describe('a private key', () => {
  const { seed, publicKey } = generateKey(systemRandom(32));

  test('is saved under its passphrase with mode 600, and loaded with it alone', async () => {
    const path = join(temporaryDirectory(), 'ada.cskey');
    await savePrivateKey(path, seed, 'a quiet lake at noon');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const loaded = await loadPrivateKey(path, knowing('a quiet lake at noon'));
    expect(loaded).toMatchObject({ seed, publicKey, encrypted: true });
    expect(toHex(loaded.signer.publicKey)).toBe(toHex(publicKey));
    await expect(loadPrivateKey(path, knowing('a quiet lake at moon'))).rejects.toThrow(
      refusal('passphrase/wrong'),
    );
    await expect(loadPrivateKey(path, knowing())).rejects.toThrow(refusal('passphrase/no-terminal'));
    await expect(savePrivateKey(path, seed, 'a quiet lake at noon')).rejects.toThrow(refusal('file/exists'));
  });

  test('is not saved under a weak passphrase', async () => {
    const path = join(temporaryDirectory(), 'ada.cskey');
    await expect(savePrivateKey(path, seed, 'short')).rejects.toThrow(refusal('passphrase/too-short'));
    await expect(loadPrivateKey(path, knowing())).rejects.toThrow(refusal('file/not-found'));
  });

  test('in the clear is loaded only where that is allowed', async () => {
    const path = join(temporaryDirectory(), 'executor.cskey');
    await savePrivateKey(path, seed, undefined);
    expect(await loadPrivateKey(path, knowing(), { allowUnencrypted: true })).toMatchObject({
      seed,
      encrypted: false,
    });
    await expect(loadPrivateKey(path, knowing())).rejects.toThrow(refusal('keyfile/unencrypted'));
  });

  test.each([0o640, 0o604, 0o620, 0o601, 0o660, 0o644])(
    'that others may touch is refused: %o',
    async (mode) => {
      const path = join(temporaryDirectory(), 'executor.cskey');
      writeFileSync(path, encodePem(seed));
      chmodSync(path, mode);
      const loading = loadPrivateKey(path, knowing(), { allowUnencrypted: true });
      await expect(loading).rejects.toThrow(refusal('key/permissions'));
      await expect(loading).rejects.toMatchObject({
        exitCode: 4,
        hint: expect.stringContaining('chmod 600') as string,
      });
    },
  );

  test('that is too long is refused unread', async () => {
    const path = join(temporaryDirectory(), 'a.cskey');
    writeFileSync(path, new Uint8Array(4097), { mode: 0o600 });
    await expect(loadPrivateKey(path, knowing())).rejects.toThrow(refusal('file/too-large'));
  });
});

describe('public files', () => {
  const { publicKey: key } = generateKey(systemRandom(32));

  test('a public key is loaded as it was saved', () => {
    const path = join(temporaryDirectory(), 'ada.cspub');
    savePublicKey(path, { key, name: 'ada' });
    expect(loadPublicKey(path)).toEqual({ key, name: 'ada' });
    expect(readFileSync(path, 'utf8')).toMatch(/^cspub1 [\w-]{43} ada\n$/);
    expect(() => savePublicKey(path, { key, name: 'ada' })).toThrow(refusal('file/exists'));
  });

  test('a root file is loaded, and a single public key is one too', () => {
    const directory = temporaryDirectory();
    const [full, single] = [join(directory, 'root.pub'), join(directory, 'one.pub')];
    const root = { threshold: 1, keys: [{ key, name: 'root-1' }] };
    writeFileSync(full, formatRootFile(root));
    savePublicKey(single, { key, name: 'root-1' });
    expect(loadRootFile(full)).toEqual(root);
    expect(loadRootFile(single)).toEqual(root);
  });

  test('what is not ASCII is refused before it is parsed', () => {
    const path = join(temporaryDirectory(), 'a.cspub');
    writeFileSync(path, '\ufeffcspub1');
    expect(() => loadPublicKey(path)).toThrow(refusal('key/text'));
    expect(() => loadRootFile(path)).toThrow(refusal('key/text'));
    writeFileSync(path, 'cspub1');
    expect(() => loadPublicKey(path)).toThrow(refusal('cspub/shape'));
    expect(() => loadRootFile(path)).toThrow(refusal('cspub/shape'));
  });
});
