import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchPolicy } from '../src/serve/policy-watch.ts';

let directory = '';
let reread = 0;
let fresh = (): void => undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-watch-'));
  mkdirSync(join(directory, 'policy'));
  writeFileSync(file('one.yaml'), 'rules: []');
  reread = 0;
  const rereadPolicy = (): void => {
    reread += 1;
  };
  const configuration = { policy: 'policy', targets: new Map() };
  fresh = watchPolicy({ paths: { directory }, configuration, rereadPolicy });
});
afterEach(() => rmSync(directory, { recursive: true }));

const file = (name: string): string => join(directory, 'policy', name);

/** Returns how often the policy was read anew by a call of the next turn. */
async function rereadNext(): Promise<number> {
  await turn();
  const before = reread;
  fresh();
  return reread - before;
}

test('the policy is read when the watch begins, and not again while no file changes', async () => {
  expect(reread).toBe(1);
  expect(await rereadNext()).toBe(0);
});

const changes: readonly (readonly [what: string, change: () => void])[] = [
  ['a file has other bytes', () => appendFileSync(file('one.yaml'), '\n# more')],
  ['a file has other bytes of the same number', () => writeFileSync(file('one.yaml'), 'rules: {}')],
  ['a file has come', () => writeFileSync(file('two.yaml'), 'rules: []')],
  ['a file is gone', () => rmSync(file('one.yaml'))],
  ['the folder is gone', () => rmSync(join(directory, 'policy'), { recursive: true })],
];

// Long after the folder was last changed, its names are no longer listed for every call.
test.each([0, 2_200])(
  'a change is seen by the next turn, %i ms after the one before',
  async (pauseMs) => {
    await sleep(pauseMs);
    expect(await rereadNext()).toBe(0);
    for (const [what, change] of changes) {
      change();
      expect(await rereadNext(), what).toBe(1);
      expect(await rereadNext(), what).toBe(0);
      if (what !== 'the folder is gone') await sleep(pauseMs);
      await rereadNext();
    }
  },
  30_000,
);

test('calls of one turn look once', async () => {
  await turn();
  fresh();
  appendFileSync(file('one.yaml'), '\n# more');
  fresh();
  expect(reread).toBe(1);
  expect(await rereadNext()).toBe(1);
});
