import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { programErrorCodes } from '../src/index.ts';

function textsIn(directory: string): string[] {
  const names = readdirSync(directory).filter((name) => name.endsWith('.ts') && name !== 'codes.test.ts');
  return names.map((name) => readFileSync(join(directory, name), 'utf8'));
}

test('every code of the package is met by a test', () => {
  const tests = textsIn(import.meta.dirname).join('\n');
  for (const code of programErrorCodes) expect(tests.includes(code), code).toBe(true);
});

test('nothing here can reach a network or start another program', () => {
  const allowed = /^node:(crypto|fs|path|string_decoder|v8|zlib)$/;
  for (const text of textsIn(join(import.meta.dirname, '../src'))) {
    for (const [, name = ''] of text.matchAll(/(?:from|import\() ?'(node:[^']+)'/g))
      expect(name).toMatch(allowed);
    expect(text).not.toMatch(/\b(fetch|WebSocket|EventSource|XMLHttpRequest|getBuiltinModule|require)\(/);
  }
});
