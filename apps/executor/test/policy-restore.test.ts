import { mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { policyDigest } from '@countersign/policy';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readPolicyFiles } from '../src/home/policy-folder.ts';
import { restorePolicy } from '../src/home/policy-restore.ts';

let parent = '';
let folder = '';

const files = [
  { path: 'a.yaml', text: 'version: 1\ndefault: { require: { dba: 1 } }\n' },
  { path: 'b.yaml', text: 'version: 1\nrules: [{ name: closed, deny: closed }]\n' },
];
const digest = policyDigest(files);

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'countersign-restore-'));
  folder = join(parent, 'policy');
  mkdirSync(folder);
  writeFileSync(join(folder, 'a.yaml'), 'version: 1\ndefault: { require: { dba: 9 } }\n');
  writeFileSync(join(folder, 'c.yaml'), 'version: 1\nrules: []\n');
  writeFileSync(join(folder, 'a.test.yaml'), 'version: 1\ncases: []\n');
  writeFileSync(join(folder, 'README'), 'whose rules these are\n');
});

afterEach(() => rmSync(parent, { recursive: true }));

test('what is put back has the digest; cases and other files stay', () => {
  const restored = restorePolicy(folder, digest, files, () => true);
  expect(restored).toEqual({ written: ['a.yaml', 'b.yaml'], removed: ['c.yaml'], saved: undefined });
  expect(policyDigest(readPolicyFiles(folder))).toEqual(digest);
  expect(readdirSync(folder).sort()).toEqual(['README', 'a.test.yaml', 'a.yaml', 'b.yaml']);
  expect(restorePolicy(folder, digest, files, () => true)).toEqual({
    written: [],
    removed: [],
    saved: undefined,
  });
});

test('rules that no ledger holds are saved beside the folder', () => {
  const before = readPolicyFiles(folder);
  const { saved } = restorePolicy(folder, digest, files, () => false);
  expect(saved).toMatch(/policy-before-[0-9a-f]{12}$/);
  expect(policyDigest(readPolicyFiles(saved ?? ''))).toEqual(policyDigest(before));
});

test('files of another digest, files that are no policy, and paths that climb are refused before anything is touched', () => {
  const before = readPolicyFiles(folder);
  const broken = [{ path: 'a.yaml', text: 'version: 1\n' }];
  const climbing = [{ path: 'x/a.yaml', text: files[0]?.text ?? '' }];
  const code = (attempt: () => unknown): unknown => {
    try {
      return attempt();
    } catch (error) {
      return error instanceof Error && 'code' in error ? error.code : error;
    }
  };
  expect(code(() => restorePolicy(folder, new Uint8Array(32), files, () => true))).toBe(
    'policy/not-recorded',
  );
  expect(code(() => restorePolicy(folder, policyDigest(broken), broken, () => true))).toBe(
    'policy/default-missing',
  );
  expect(code(() => restorePolicy(folder, policyDigest(climbing), climbing, () => true))).toBe(
    'policy/not-recorded',
  );
  expect(readPolicyFiles(folder)).toEqual(before);
});

test('cut off in the middle, the folder is no policy until it is done again', () => {
  // The second file cannot be written: a folder has its name.
  mkdirSync(join(folder, 'b.yaml'));
  writeFileSync(join(folder, 'b.yaml', 'in-the-way'), '');
  expect(() => restorePolicy(folder, digest, files, () => true)).toThrow();
  expect(() => readPolicyFiles(folder)).toThrow(/was cut off/);
  rmSync(join(folder, 'b.yaml', 'in-the-way'));
  rmdirSync(join(folder, 'b.yaml'));
  expect(() => readPolicyFiles(folder)).toThrow(/was cut off/);
  restorePolicy(folder, digest, files, () => true);
  expect(policyDigest(readPolicyFiles(folder))).toEqual(digest);
});
