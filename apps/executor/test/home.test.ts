import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { ExecutorError } from '../src/executor-error.ts';
import { findHome, newHomeDirectory } from '../src/home/home-directory.ts';
import { takeLock, tryLock } from '../src/home/process-lock.ts';

const root = mkdtempSync(join(tmpdir(), 'countersign-home-'));
afterAll(() => rmSync(root, { recursive: true }));

function makeHome(...parts: readonly string[]): string {
  const directory = join(root, ...parts);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'countersign.yaml'), 'version: 1\n');
  return directory;
}

describe('finding the home', () => {
  const near = makeHome('work', '.countersign');
  const far = makeHome('far');
  const shared = makeHome('xdg', 'countersign');
  const deep = join(root, 'work', 'a', 'b');
  mkdirSync(deep, { recursive: true });
  const elsewhere = join(root, 'elsewhere');
  mkdirSync(elsewhere);

  test('the flag goes before the variable, the variable before the folders', () => {
    expect(findHome(far, { COUNTERSIGN_HOME: near }, deep).directory).toBe(far);
    expect(findHome(undefined, { COUNTERSIGN_HOME: far }, deep).directory).toBe(far);
    expect(findHome('../../far', {}, join(root, 'work', 'a')).directory).toBe(far);
  });

  test('the nearest folder upward, then the configuration folder', () => {
    expect(findHome(undefined, { COUNTERSIGN_HOME: '' }, deep).directory).toBe(near);
    expect(findHome(undefined, { XDG_CONFIG_HOME: join(root, 'xdg') }, elsewhere).directory).toBe(shared);
    makeHome('me', '.config', 'countersign');
    expect(findHome(undefined, { HOME: join(root, 'me') }, elsewhere).directory).toBe(
      join(root, 'me', '.config', 'countersign'),
    );
  });

  test('a folder named that is none is refused, never another one taken', () => {
    const missing = { code: 'home/not-found', exitCode: 2 };
    expect(() => findHome(elsewhere, {}, deep)).toThrow(expect.objectContaining(missing) as ExecutorError);
    expect(() => findHome(undefined, { COUNTERSIGN_HOME: elsewhere }, deep)).toThrow(
      expect.objectContaining(missing) as ExecutorError,
    );
    expect(() => findHome(undefined, { HOME: elsewhere }, elsewhere)).toThrow(
      expect.objectContaining(missing) as ExecutorError,
    );
  });

  test('a new one is made where it would be found', () => {
    expect(newHomeDirectory(undefined, {}, deep)).toBe(join(deep, '.countersign'));
    expect(newHomeDirectory(undefined, { COUNTERSIGN_HOME: 'x' }, deep)).toBe(join(deep, 'x'));
    expect(newHomeDirectory('y', { COUNTERSIGN_HOME: 'x' }, deep)).toBe(join(deep, 'y'));
  });
});

describe('the lock between processes', () => {
  const locks = join(root, 'locks');
  const holder = `
    import { takeLock } from ${JSON.stringify(join(import.meta.dirname, '../src/home/process-lock.ts'))};
    // Held by a name: a lock that nothing refers to is collected, and with it the lock.
    globalThis.lock = takeLock(${JSON.stringify(locks)}, 'shared', 0);
    process.stdout.write('held');
    setInterval(() => undefined, 1000);
  `;

  test('keeps a second process out while the first lives, and is gone when it is killed', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', holder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    try {
      await once(child.stdout, 'data');
      expect(tryLock(locks, 'shared')).toBeUndefined();
      expect(() => takeLock(locks, 'shared', 50)).toThrow(
        expect.objectContaining({ code: 'home/busy' }) as ExecutorError,
      );
      tryLock(locks, 'another')?.release();
    } finally {
      child.kill('SIGKILL');
    }
    await ended;
    const lock = takeLock(locks, 'shared', 1000);
    lock.release();
  });

  test('can be taken again after it was released', () => {
    takeLock(locks, 'again', 0).release();
    const lock = takeLock(locks, 'again', 0);
    expect(tryLock(locks, 'again')).toBeUndefined();
    lock.release();
  });
});
