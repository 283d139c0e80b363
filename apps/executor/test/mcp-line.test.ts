import { expect, test } from 'vitest';
import { Line } from '../src/mcp/line.ts';

const { signal } = new AbortController();

test('work is done one after the other in the order in which it came, whatever fails', async () => {
  const line = new Line(9);
  const seen: string[] = [];
  const slow = line.add(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    seen.push('slow');
  }, signal);
  const broken = line.add(() => Promise.reject(new Error('broken')), signal);
  const quick = line.add(() => seen.push('quick'), signal);
  await expect(broken).rejects.toThrow('broken');
  await Promise.all([slow, quick]);
  expect(seen).toEqual(['slow', 'quick']);
});

test('work that was given up while it waited is not begun', async () => {
  const line = new Line(9);
  const caller = new AbortController();
  let release = (): void => undefined;
  const first = line.add(() => new Promise<void>((resolve) => (release = resolve)), signal);
  let begun = false;
  const second = line.add(() => (begun = true), caller.signal);
  caller.abort();
  // At once, and not when the turn would have come.
  await expect(second).rejects.toMatchObject({ code: 'mcp/cancelled' });
  release();
  await first;
  await line.idle();
  expect(begun).toBe(false);
});

test('no more than so many may wait, and those that do are not harmed', async () => {
  const line = new Line(2);
  let release = (): void => undefined;
  const first = line.add(() => new Promise<void>((resolve) => (release = resolve)), signal);
  await new Promise((resolve) => setTimeout(resolve, 1));
  const waiting = [line.add(() => 1, signal), line.add(() => 2, signal)];
  await expect(line.add(() => 3, signal)).rejects.toMatchObject({ code: 'mcp/busy' });
  release();
  await first;
  expect(await Promise.all(waiting)).toEqual([1, 2]);
  await line.idle();
  expect(await line.add(() => 4, signal)).toBe(4);
});
