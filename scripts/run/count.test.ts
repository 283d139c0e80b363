import { expect, test } from 'vitest';
import { countTests } from './count.ts';

const file = (status: string, ...tests: readonly string[]): object => ({
  name: 'a.test.ts',
  status,
  assertionResults: tests.map((each) => ({ fullName: 'a test', status: each })),
});
const report = (...files: readonly object[]): string => JSON.stringify({ testResults: files });

test.each([
  ['passed tests', report(file('passed', 'passed', 'passed')), 0, 2, 0],
  ['a failed test', report(file('failed', 'passed', 'failed')), 1, 1, 1],
  ['a skipped test as failed', report(file('passed', 'passed', 'pending')), 0, 1, 1],
  ['a file that could not be read', report(file('passed', 'passed'), file('failed')), 1, 1, 1],
  ['a file whose last hook failed', report(file('failed', 'passed')), 1, 1, 1],
  ['a run that ended badly', report(file('passed', 'passed')), 1, 1, 1],
  ['a run that was killed', report(file('passed', 'passed')), null, 1, 1],
  ['a run without tests', report(), 0, 0, 1],
  ['half a report', report(file('passed', 'passed')).slice(0, 30), null, 0, 1],
  ['a run without a report', undefined, 0, 0, 1],
])('counts %s', (_, text, exitCode, passed, failed) => {
  expect(countTests(text, exitCode)).toMatchObject({ passed, failed });
});

test('names a failed test, its file and the first line of what it says', () => {
  const failed = {
    fullName: 'adds',
    status: 'failed',
    failureMessages: ['expected 3, received 4\n  at line 2'],
  };
  const text = report({ name: 'sum.test.ts', status: 'failed', assertionResults: [failed] });
  expect(countTests(text, 1).notes).toEqual(['sum.test.ts: adds: expected 3, received 4']);
});
