import { expect, test } from 'vitest';
import { together } from '../src/postgres/together.ts';

const errorOf = (code: string): Error => Object.assign(new Error(code), { code });
const later = async (ms: number, code: string): Promise<never> => {
  await new Promise((done) => setTimeout(done, ms));
  throw errorOf(code);
};

test('what is asked at once is answered together', async () => {
  expect(await together([Promise.resolve(1), 'two', Promise.resolve([3])])).toEqual([1, 'two', [3]]);
});

test('the error that ended the transaction is told, also when those behind it are told before', async () => {
  const asked = [Promise.reject(errorOf('25P02')), later(20, '25P02'), later(10, '42501')] as const;
  await expect(together(asked)).rejects.toMatchObject({ code: '42501' });
});

test('any other error is told at once, and that a transaction was over when there is no more to tell', async () => {
  const endless = new Promise<never>(() => undefined);
  await expect(together([endless, later(1, '40001')])).rejects.toMatchObject({ code: '40001' });
  await expect(together([later(1, '25P02'), Promise.resolve(1)])).rejects.toMatchObject({ code: '25P02' });
});
