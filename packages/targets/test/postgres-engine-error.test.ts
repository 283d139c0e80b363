import { DiffError } from '@countersign/diff';
import { expect, test } from 'vitest';
import { isFault } from '../src/fault.ts';
import { engineError, sqlState } from '../src/postgres/engine-error.ts';

const of = (code: string): Error => Object.assign(new Error('it broke'), { code });

test.each(['42601', '0A000', 'F0000', 'HV000', 'P0001', 'XX000', '57P01'])(
  '%s is a code of the engine',
  (code) => {
    expect(sqlState(of(code))).toBe(code);
  },
);

test.each(['EPIPE', 'ECONNRESET', 'ETIMEDOUT'])('%s is one of the connection', (code) => {
  expect(sqlState(of(code))).toBeUndefined();
  expect(engineError(of(code), 0).code).toBe('target/session-lost');
});

test('a fault of this program is none of the connection', () => {
  expect(
    [new TypeError('x'), new RangeError('x'), new DiffError('diff/too-large', 'x')].map(isFault),
  ).toEqual([true, true, true]);
  expect([of('EPIPE'), of('42601'), new Error('Connection terminated')].map(isFault)).toEqual([
    false,
    false,
    false,
  ]);
});
