import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const source = join(import.meta.dirname, '..', 'src', 'foreground-compilation.ts');
const hot = 'let sum = 0; const add = (n) => { sum += n % 7; }; for (let n = 0; n < 3e6; n++) add(n);';

/** Runs busy code in a process that tells what V8 compiles, and returns the compilers that it names. */
function compilersOf(code: string): string {
  const flags = ['--trace-opt', '--input-type=module'];
  const { stdout } = spawnSync(process.execPath, [...flags, '-e', code], { encoding: 'utf8' });
  return [...new Set(stdout.match(/target [A-Z]+/g))].toSorted().join(', ');
}

test('nothing is compiled by Maglev once a program has asked for the foreground', () => {
  expect(compilersOf(hot)).toContain('MAGLEV');
  const asked = compilersOf(
    `const { compileInForeground } = await import(${JSON.stringify(source)}); compileInForeground(); ${hot}`,
  );
  expect(asked).toContain('TURBOFAN');
  expect(asked).not.toContain('MAGLEV');
});
