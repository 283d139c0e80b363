import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { toHex } from '@countersign/codec';
import { demoMarker, exampleKeys, generateKey } from '@countersign/keys';
import {
  isExampleKey,
  isExampleKeyFile,
  loadPrivateKey,
  loadPublicKey,
  loadRootFile,
  refuseExampleKey,
  systemRandom,
} from '../src/index.ts';
import { keptSurroundings } from './streams.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const directory = join(import.meta.dirname, '../../../keys.example');
const names = ['ada', 'agent-7', 'ben', 'carol', 'ci', 'executor', 'olivia', 'root-1'];
const withPassphrase = ['ada', 'ben', 'carol'];

test('the directory holds the eight keys and nothing that is not explained', () => {
  const files = names.flatMap((name) => [`${name}.cskey`, `${name}.cspub`]);
  expect(readdirSync(directory).sort()).toEqual(['.gitattributes', 'README.md', ...files, 'root.pub'].sort());
  expect(exampleKeys.map(({ name }) => name).sort()).toEqual(names);
});

test.each(names)('%s opens, is the key of its name and matches its public key', async (name) => {
  const locked = withPassphrase.includes(name);
  const environment = locked ? { COUNTERSIGN_PASSPHRASE: 'countersign-demo' } : {};
  const source = { surroundings: keptSurroundings([], environment) };
  const path = join(directory, `${name}.cskey`);
  const { seed, publicKey, encrypted } = await loadPrivateKey(path, source, { allowUnencrypted: !locked });
  expect(encrypted).toBe(locked);
  expect(toHex(seed)).toBe(createHash('sha256').update(`countersign example key v1: ${name}`).digest('hex'));
  expect(loadPublicKey(join(directory, `${name}.cspub`))).toEqual({ key: publicKey, name });
  expect(isExampleKey(publicKey)).toBe(true);
  expect(isExampleKeyFile(readFileSync(path))).toBe(true);
});

test('the root file is that of root-1', () => {
  const root = loadPublicKey(join(directory, 'root-1.cspub'));
  expect(loadRootFile(join(directory, 'root.pub'))).toEqual({ threshold: 1, keys: [root] });
});

test('an example key is refused outside a demonstration', () => {
  const home = temporaryDirectory();
  const { key } = loadPublicKey(join(directory, 'ada.cspub'));
  const use = (): void => refuseExampleKey(key, home);
  const refused = expect.objectContaining({ code: 'key/example', exitCode: 4 }) as Error;
  expect(use).toThrow(refused);
  expect(() => refuseExampleKey(key, join(home, 'none'))).toThrow(refused);
  mkdirSync(join(home, demoMarker));
  expect(use).toThrow(refused);
});

test('a link is no marker, a file is', () => {
  const { key } = loadPublicKey(join(directory, 'ada.cspub'));
  const [linked, marked] = [temporaryDirectory(), temporaryDirectory()];
  writeFileSync(join(marked, demoMarker), '');
  symlinkSync(join(marked, demoMarker), join(linked, demoMarker));
  expect(() => refuseExampleKey(key, linked)).toThrow(expect.objectContaining({ code: 'key/example' }));
  refuseExampleKey(key, marked);
});

test('any other key is used anywhere', () => {
  const { publicKey } = generateKey(systemRandom(32));
  expect(isExampleKey(publicKey)).toBe(false);
  refuseExampleKey(publicKey, temporaryDirectory());
});
