import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkRooms } from './rooms/check.ts';
import { findCycles } from './rooms/graph.ts';
import { ROOMS } from './rooms/table.ts';
import { smallTree } from './small-tree.ts';

const MANIFEST = '{"name":"@countersign/x","version":"0.1.0"}';

/** Checks a tree of these files, with an empty manifest for every workspace, and returns `file:line: text`. */
function findingsOf(files: Readonly<Record<string, string>>): string[] {
  const manifests: Record<string, string> = { 'package.json': '{"name":"countersign","version":"0.1.0"}' };
  for (const path of Object.keys(files)) {
    const workspace = /^(packages|apps)\/[^/]+/u.exec(path)?.[0];
    if (workspace !== undefined) manifests[`${workspace}/package.json`] = MANIFEST;
  }
  return checkRooms(smallTree({ ...manifests, ...files })).map(
    ({ file, line, text }) => `${file}:${line}: ${text}`,
  );
}

const CODEC = 'packages/codec/src/a.ts';

describe('imports', () => {
  test.each([
    ['a folder of no room', 'packages/new/src/a.ts', 'export {};', /lies in no room/u],
    ['a file beside src and test', 'packages/codec/a.ts', 'export {};', /lies in no room/u],
    ['JavaScript', 'packages/codec/src/a.js', 'export {};', /ends in \.ts/u],
    ['an npm package not listed', CODEC, "import 'left-pad';", /may not import left-pad/u],
    ['a Node module in a neutral room', CODEC, "import 'node:fs';", /may not import node:fs/u],
    ['a Node module without node:', 'scripts/a.ts', "import 'fs';", /write node:fs/u],
    ['a room above', CODEC, "import '@countersign/merkle';", /may not import @countersign\/merkle/u],
    ['an app', 'apps/auditor/src/a.ts', "import '@countersign/executor';", /may not import/u],
    ['itself by name', CODEC, "import '@countersign/codec';", /does not import itself/u],
    [
      'a value of a types-only room',
      'packages/messages/src/a.ts',
      "import '@countersign/diff';",
      /types only/u,
    ],
    [
      'a deep import by name',
      'packages/merkle/src/a.ts',
      "import '@countersign/codec/src/b.ts';",
      /deep import/u,
    ],
    ['a deep import by path', 'packages/merkle/src/a.ts', "import '../../codec/src/b.ts';", /deep import/u],
    ['a missing file', CODEC, "import './b.ts';", /not a file of this tree/u],
    ['a computed dynamic import', CODEC, 'const a = 1;\nawait import(`./${a}.ts`);', /:2: .*not a literal/u],
    ['a dynamic import', CODEC, "await import('left-pad');", /may not import left-pad/u],
    ['an import in a type', CODEC, "export type A = import('left-pad').A;", /may not import left-pad/u],
    ['require', CODEC, "require('left-pad');", /may not import left-pad/u],
    ['a resolved module', CODEC, "import.meta.resolve('left-pad');", /may not import left-pad/u],
    ['a computed require', 'scripts/a.ts', 'require(process.argv[2]);', /not a literal/u],
    ['a require of its own', CODEC, "import 'node:module';", /may not import node:module/u],
    ['a barrel', CODEC, "export * from '@noble/hashes';", /only the index\.ts/u],
    [
      'the network in an offline app',
      'apps/approver/src/a.ts',
      "import 'node:net';",
      /may not import node:net/u,
    ],
    ['the network in program', 'packages/program/src/a.ts', "import 'node:https';", /has no network/u],
  ])('refuses %s', (_, path, text, expected) => {
    expect(findingsOf({ [path]: text }).join('\n')).toMatch(expected);
  });

  test('refuses a test that the product imports', () => {
    const files = { [CODEC]: "import '../test/b.ts';", 'packages/codec/test/b.ts': 'export {};' };
    expect(findingsOf(files)).toEqual([`${CODEC}:1: a test is imported by the product`]);
  });

  test('lets the tests across rooms use the tests of a room, and not its sources', () => {
    const files = {
      'test/a.test.ts': "import '../packages/codec/test/b.ts';\nimport '../packages/codec/src/a.ts';",
      [CODEC]: 'export {};',
      'packages/codec/test/b.ts': 'export {};',
    };
    expect(findingsOf(files)).toEqual([
      'test/a.test.ts:2: deep import: ../packages/codec/src/a.ts leaves test',
    ]);
  });

  test('refuses a cycle, of types too, and names its files', () => {
    const files = {
      [CODEC]: "import type { B } from './b.ts';\nexport type A = B;",
      'packages/codec/src/b.ts': "import type { A } from './a.ts';\nexport type B = A;",
    };
    expect(findingsOf(files)).toEqual([
      `${CODEC}:1: import cycle: ${CODEC} → packages/codec/src/b.ts → ${CODEC}`,
    ]);
  });

  test('follows the imports of an offline program into other rooms', () => {
    const files = {
      'apps/auditor/package.json': MANIFEST,
      'apps/auditor/src/main.ts': "import '@countersign/program';",
      'packages/program/src/index.ts': "new Worker(new URL('worker.ts', import.meta.url));",
      'packages/program/src/worker.ts': "import 'node:dns';",
    };
    expect(findingsOf(files)).toContain(
      'packages/program/src/worker.ts:1: node:dns is reached by a program that has no network',
    );
  });
});

describe('globals', () => {
  test.each([
    'Date.now();',
    'export type T = Date;',
    'Math.random();',
    'const { random } = Math;',
    'console.log(1);',
    'process.exit();',
    'Buffer.from([]);',
    'fetch;',
    'setTimeout;',
    'crypto;',
    'performance.now();',
    'globalThis.x;',
    'Intl;',
    'eval("1");',
    'const x = { process };',
    'function f(a = Date) { return a; }',
    '"a".localeCompare("b");',
    '"a"["toLocaleUpperCase"]();',
  ])('refuses in a neutral room: %s', (text) => {
    expect(findingsOf({ [CODEC]: `${text}\nexport {};` })).toHaveLength(1);
  });

  test('lets a neutral room use the ECMAScript library and names of its own', () => {
    const text = `
      interface Process { readonly fetch: string; performance?(): void }
      const names = { console: 1, Date: 2 } as const;
      outer: for (const process of [Math.max(1, 2)]) { if (process > 1) break outer; }
      export function read({ fetch: crypto }: Process): [date: Promise<string>, size: number] {
        return [Promise.resolve(crypto), names.console + new Uint8Array(1).length + arguments.length];
      }`;
    expect(findingsOf({ [CODEC]: text })).toEqual([]);
  });

  test.each([
    'fetch("x");',
    'new WebSocket("x");',
    'navigator.sendBeacon("x");',
    'process.getBuiltinModule("x");',
  ])('refuses in an offline room: %s', (text) => {
    expect(findingsOf({ 'apps/approver/src/a.ts': `${text}\nexport {};` })).not.toEqual([]);
    expect(findingsOf({ 'apps/approver/src/page/a.ts': `${text}\nexport {};` })).not.toEqual([]);
  });

  test('lets the page use the browser, and only the page', () => {
    const text = 'document.title;\nexport {};';
    expect(findingsOf({ 'apps/approver/src/page/a.ts': text })).toEqual([]);
    expect(findingsOf({ 'apps/approver/src/a.ts': text })).toHaveLength(1);
  });
});

describe('manifests', () => {
  const root = { 'package.json': '{"name":"countersign","version":"0.1.0"}' };
  const check = (manifest: string, text: string): string[] =>
    checkRooms(smallTree({ ...root, 'packages/codec/package.json': manifest, [CODEC]: text })).map(
      ({ file, line, text: why }) => `${file}:${line}: ${why}`,
    );

  test('refuses what is imported and not declared', () => {
    expect(check(MANIFEST, "import '@noble/hashes/sha2.js';")).toEqual([
      `${CODEC}:1: @noble/hashes is not in packages/codec/package.json`,
    ]);
  });

  test('refuses what is declared and not imported, and a range of versions', () => {
    const manifest = '{"name":"@countersign/codec","version":"0.1.0",\n"dependencies":{\n"cbor-x":"^1.0.0"}}';
    expect(check(manifest, 'export {};')).toEqual([
      'packages/codec/package.json:3: cbor-x has no exact version: ^1.0.0',
      'packages/codec/package.json:3: cbor-x is declared and never imported',
    ]);
  });

  test('refuses in a test what nobody declares', () => {
    const tree = {
      ...root,
      'packages/codec/test/a.test.ts': "import 'vitest';",
      'packages/codec/package.json': MANIFEST,
    };
    expect(checkRooms(smallTree(tree))).toEqual([
      { file: 'packages/codec/test/a.test.ts', line: 1, text: 'vitest is declared nowhere' },
    ]);
  });
});

describe('the table', () => {
  test('has arrows in one direction only', () => {
    const graph = new Map(
      Object.entries(ROOMS).map(([path, { rooms, typesOf }]) => [
        path,
        [...rooms, ...(typesOf ?? [])].map((name) => `packages/${name}`),
      ]),
    );
    expect(findCycles(graph)).toEqual([]);
  });

  test('lets a neutral room import neutral rooms only', () => {
    for (const room of Object.values(ROOMS)) {
      if (room.globals !== 'neutral') continue;
      expect(room.builtins).toEqual([]);
      for (const name of room.rooms) expect(ROOMS[join('packages', name)]?.globals).toBe('neutral');
    }
  });
});
