import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Slots } from '../src/mariadb/slots.ts';
import { codeOf } from './temporary-database.ts';

test('no more go on at once than there are slots, and the others come in their order', async () => {
  const slots = new Slots(2);
  const begun: number[] = [];
  let [going, most] = [0, 0];
  const work = (index: number): Promise<void> =>
    slots.use(5_000, async () => {
      begun.push(index);
      going += 1;
      most = Math.max(most, going);
      await sleep(5);
      going -= 1;
    });
  await Promise.all([0, 1, 2, 3, 4, 5, 6].map(work));
  expect([begun, most, going]).toEqual([[0, 1, 2, 3, 4, 5, 6], 2, 0]);
});

test('one that waits too long is refused, takes no slot with it, and what fails gives its slot back', async () => {
  const slots = new Slots(1);
  const { promise, resolve: go } = Promise.withResolvers<undefined>();
  const first = slots.use(1, () => promise);
  expect(await codeOf(slots.use(5, () => Promise.resolve()))).toBe('target/busy');
  const third = slots.use(5_000, () => Promise.reject(new Error('broken')));
  go(undefined);
  await first;
  await expect(third).rejects.toThrow('broken');
  expect(await slots.use(1, () => Promise.resolve('done'))).toBe('done');
});
