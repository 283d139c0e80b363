import { expect, test } from 'vitest';
import { LaterTarget } from '../src/later-target.ts';
import { statement, temporaryDatabase } from './temporary-database.ts';

test('loads nothing before a call, and once for all', async () => {
  const temporary = temporaryDatabase('CREATE TABLE t(a); INSERT INTO t VALUES (1)');
  let loads = 0;
  const later = new LaterTarget('later', 'sqlite', () => {
    loads += 1;
    return Promise.resolve(temporary.target);
  });
  expect(later).toMatchObject({ name: 'later', engine: 'sqlite' });
  await later.close();
  expect(loads).toBe(0);
  expect(await later.rowCounts()).toEqual(new Map([['t', 1]]));
  expect((await later.dryRun([statement('DELETE FROM t')])).diff.tables).toHaveLength(1);
  expect(loads).toBe(1);
  await later.close();
});

test('what cannot be loaded is told at the call, and warming up hides nothing', async () => {
  const later = new LaterTarget('later', 'mariadb', () => Promise.reject(new Error('no driver')));
  later.warm();
  await expect(later.inspect()).rejects.toThrow('no driver');
  await later.close();
});
