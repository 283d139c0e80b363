import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundlePrograms } from './build/bundle.ts';
import { smallTree } from './small-tree.ts';

const ROOT = join(import.meta.dirname, '..');
const PROGRAMS = ['countersign.mjs', 'countersign-approver.mjs', 'countersign-audit.mjs'];
const PAGE = 'approver.html';

/** The folders of node_modules that hold these files, and the links to the workspaces. */
function packagesOf(inputs: readonly string[]): string[] {
  const found = new Set(['node_modules/@countersign']);
  for (const path of inputs) {
    const name = /^node_modules\/(?:@[^/]+\/)?[^/]+/u.exec(path)?.[0];
    if (name !== undefined) found.add(name);
  }
  return [...found];
}

function copyTree(folder: string, packages: readonly string[]): void {
  for (const path of ['package.json', 'packages', 'apps', ...packages]) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    cpSync(join(ROOT, path), join(folder, path), { recursive: true, verbatimSymlinks: true });
  }
}

test('two builds in two folders are the same bytes, and Node reads them', { timeout: 120_000 }, async () => {
  const folder = smallTree({});
  const here = join(folder, 'here');
  const there = join(folder, 'a longer/path to/there');
  const built = await bundlePrograms(ROOT, here);
  copyTree(there, packagesOf(built.flatMap(({ inputs }) => inputs)));
  await bundlePrograms(there, join(there, 'dist'));
  expect(built.map(({ name }) => name)).toEqual([...PROGRAMS, PAGE]);
  for (const name of [...PROGRAMS, PAGE, 'SHA256SUMS']) {
    const bytes = readFileSync(join(here, name));
    expect(bytes.equals(readFileSync(join(there, 'dist', name)))).toBe(true);
    expect(bytes.includes(folder) || bytes.includes(`${ROOT}/`)).toBe(false);
  }
  for (const name of PROGRAMS) {
    const ended = spawnSync(process.execPath, ['--check', join(here, name)], { encoding: 'utf8' });
    expect(ended.stderr).toBe('');
  }
  // Only the compiled package that stays outside the bundles stands beside them: the parser has to be inside.
  mkdirSync(join(here, 'node_modules'));
  symlinkSync(join(ROOT, 'node_modules/better-sqlite3'), join(here, 'node_modules/better-sqlite3'));
  const classified = spawnSync(
    process.execPath,
    [join(here, 'countersign.mjs'), 'classify', '--dialect', 'postgres'],
    { encoding: 'utf8', input: 'SELECT id FROM orders' },
  );
  expect(classified.stdout).toContain('1 statement (postgres): reads only');
  // The reader of codes, too: the approver reads the codes it drew, on a machine without packages.
  const tested = spawnSync(process.execPath, [join(here, 'countersign-approver.mjs'), 'selftest'], {
    encoding: 'utf8',
    cwd: here,
  });
  expect(tested.stdout).toContain('read back by the zxing reader');
  const offline = readFileSync(join(here, 'countersign-approver.mjs'), 'utf8');
  expect(offline).toContain('import { inflateRawSync } from "node:zlib"');
  expect(offline).not.toContain('import.meta.resolve');
});

test('refuses an offline program of which any package reaches the network', async () => {
  const main = '#!/usr/bin/env node\nexport {};\n';
  const root = smallTree({
    'apps/executor/src/main.ts': main,
    'apps/approver/src/main.ts': "import 'talker';\n",
    'apps/auditor/src/main.ts': main,
    'node_modules/talker/index.js': "require('https').get('https://example.org');\n",
  });
  await expect(bundlePrograms(root, join(root, 'dist'))).rejects.toThrow(
    'countersign-approver.mjs would import node:https',
  );
});
