import { expect, test } from 'vitest';
import { FailedCalls, type Attempt } from '../src/serve/failed-calls.ts';
import { ServeRefused } from '../src/serve/refusal.ts';

const refusal = new ServeRefused('http-signature/invalid', 'a test');
const line = (): object => ({});
const from = (address: string, claim: string | undefined, socket: object = line()): Attempt => ({
  address,
  socket,
  claim: () => claim,
});

/** Ten failures a second of an address, twenty at once; of each claim one a second and two at once. */
function failedCalls(): { readonly calls: FailedCalls; readonly wait: (ms: number) => void } {
  let now = 0;
  return { calls: new FailedCalls(10, () => now), wait: (ms) => (now += ms) };
}

function isAdmitted(calls: FailedCalls, attempt: Attempt): boolean {
  try {
    calls.require(attempt);
    return true;
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'serve/failures', status: 429, retryAfter: 1 });
    return false;
  }
}

/** How many attempts are admitted of so many that fail. */
function fail(calls: FailedCalls, attempt: Attempt, times: number): number {
  let admitted = 0;
  for (let index = 0; index < times; index += 1) {
    if (!isAdmitted(calls, attempt)) continue;
    calls.failed(attempt, refusal);
    admitted += 1;
  }
  return admitted;
}

test('an address has so many failed calls, and more as time goes', () => {
  const { calls, wait } = failedCalls();
  expect(fail(calls, from('192.0.2.1', undefined), 100)).toBe(20);
  expect(isAdmitted(calls, from('192.0.2.2', undefined))).toBe(true);
  wait(500);
  expect(fail(calls, from('192.0.2.1', undefined), 100)).toBe(5);
});

test('a key that nobody misuses gets through beside garbage from its address', () => {
  const { calls } = failedCalls();
  fail(calls, from('192.0.2.1', undefined), 100);
  for (let index = 0; index < 50; index += 1) expect(isAdmitted(calls, from('192.0.2.1', 'ci'))).toBe(true);
  // Garbage in the name of one key is no other key's.
  expect(fail(calls, from('192.0.2.1', 'olivia'), 100)).toBe(2);
  expect(isAdmitted(calls, from('192.0.2.1', 'ci'))).toBe(true);
  expect(isAdmitted(calls, from('192.0.2.1', 'olivia'))).toBe(false);
  expect(isAdmitted(calls, from('192.0.2.3', 'olivia'))).toBe(true);
});

test('garbage in the name of a key does not reach a connection on which that key was verified', () => {
  const { calls } = failedCalls();
  const kept = from('192.0.2.1', 'ci', line());
  calls.succeeded(kept, 'ci');
  fail(calls, from('192.0.2.1', 'ci'), 100);
  expect(isAdmitted(calls, from('192.0.2.1', 'ci'))).toBe(false);
  for (let index = 0; index < 50; index += 1) expect(isAdmitted(calls, kept)).toBe(true);
  // For that key alone, and until it brings garbage itself.
  expect(isAdmitted(calls, { ...kept, claim: () => 'olivia' })).toBe(true);
  fail(calls, { ...kept, claim: () => 'olivia' }, 100);
  expect(isAdmitted(calls, { ...kept, claim: () => 'olivia' })).toBe(false);
  calls.succeeded(kept, 'ci');
  calls.failed(kept, refusal);
  expect(isAdmitted(calls, kept)).toBe(false);
});

test('a network of IPv6 is one address', () => {
  const { calls } = failedCalls();
  expect(fail(calls, from('2001:db8:1:2::1', undefined), 30)).toBe(20);
  expect(isAdmitted(calls, from('2001:db8:1:2:ffff::9', undefined))).toBe(false);
  expect(isAdmitted(calls, from('2001:db8:1:3::1', undefined))).toBe(true);
  expect(isAdmitted(calls, from('::ffff:192.0.2.1', undefined))).toBe(true);
  expect(fail(calls, from('::ffff:192.0.2.1', undefined), 30)).toBe(20);
  expect(isAdmitted(calls, from('192.0.2.1', undefined))).toBe(false);
});

test('what the home is at fault for is no failed call', () => {
  const { calls } = failedCalls();
  const attempt = from('192.0.2.1', undefined);
  for (let index = 0; index < 100; index += 1) calls.failed(attempt, new Error('the store is busy'));
  expect(isAdmitted(calls, attempt)).toBe(true);
});
