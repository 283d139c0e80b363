import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { homePaths } from '../src/home/home-directory.ts';
import { openSetting } from '../src/home/open-setting.ts';
import { readSecret } from '../src/home/secret.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-secret-'));
const paths = homePaths(folder);
writeFileSync(join(folder, 'pw'), 'hunter2\n', { mode: 0o600 });
writeFileSync(join(folder, 'none'), '\n', { mode: 0o600 });
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const read = (source: string): string =>
  readSecret(source, 'a password', paths, { PW: 'hunter3', EMPTY: '' });

test('a secret comes from the environment or a file, without the line break at its end', () => {
  expect(read('env:PW')).toBe('hunter3');
  expect(read('file:pw')).toBe('hunter2');
});

test('a secret that is not there is named, not guessed', () => {
  for (const source of ['env:NO', 'env:EMPTY', 'file:none'])
    expect(() => read(source), source).toThrow(expect.objectContaining({ code: 'configuration/secret' }));
  expect(() => read('file:absent')).toThrow(/absent/);
});

test('authorities that cannot be read refuse the target before it is reached', () => {
  const setting = { name: 'shop', url: 'postgres://a@db.example/d', tags: [], ca: 'file:absent.pem' };
  expect(() => openSetting(paths, setting, {})).toThrow(/absent\.pem/);
});
