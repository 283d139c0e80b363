import { expect, test } from 'vitest';
import { slowestFiles } from './slowest.ts';

const report = JSON.stringify({
  testResults: [
    { name: '/tree/a.test.ts', startTime: 1000, endTime: 2500 },
    { name: '/tree/b.test.ts', startTime: 1000, endTime: 101_000 },
    { name: '/tree/c.test.ts', startTime: 1000, endTime: 1001 },
  ],
});

test('the files that took longest come first, as paths of the tree', () => {
  expect(slowestFiles(report, '/tree', 2)).toEqual(['  100.0 s  b.test.ts', '    1.5 s  a.test.ts']);
});

test('no report and half a report name none', () => {
  expect(slowestFiles(undefined, '/tree', 2)).toEqual([]);
  expect(slowestFiles('{"testResults": [', '/tree', 2)).toEqual([]);
});
