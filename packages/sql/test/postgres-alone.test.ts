import { postgresParser } from '@countersign/program';
import { classifyTexts, provideParser, statementsAlone } from '@countersign/sql';
import { beforeAll, expect, test } from 'vitest';

beforeAll(() => {
  provideParser(postgresParser);
});

const alone = [
  'CREATE INDEX CONCURRENTLY i ON t (a)',
  'DROP INDEX CONCURRENTLY i',
  'REINDEX TABLE CONCURRENTLY t',
  'REINDEX (CONCURRENTLY) INDEX i',
  'REINDEX SCHEMA public',
  'REINDEX DATABASE d',
  'REINDEX SYSTEM d',
  'VACUUM',
  'VACUUM (FULL) t',
  'CLUSTER',
  'CREATE DATABASE d',
  'DROP DATABASE d',
  'ALTER DATABASE d SET TABLESPACE s',
  "CREATE TABLESPACE s LOCATION '/x'",
  'DROP TABLESPACE s',
  'ALTER SYSTEM SET work_mem = 1000',
  'ALTER TABLE p DETACH PARTITION q CONCURRENTLY',
  "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p",
  'DROP SUBSCRIPTION s',
];
const inside = [
  'CREATE INDEX i ON t (a)',
  'DROP INDEX i',
  'REINDEX TABLE t',
  'REINDEX INDEX i',
  'ANALYZE t',
  "ALTER DATABASE d SET work_mem = '1MB'",
  'ALTER TABLE p DETACH PARTITION q',
  'BEGIN',
  'CALL p()',
  'DO $$BEGIN END$$',
  'DISCARD ALL',
  'SELECT 1',
];
const read = (...texts: string[]) => statementsAlone(classifyTexts(texts, 'postgres'));

test.each(alone)('%s runs outside transactions', (text) => {
  const [found] = read('SELECT 1', text);
  expect(found?.sql).toBe(text);
  expect(found?.hazards.map(({ code }) => code)).toContain('leaves-transaction');
});

test.each(inside)('%s is no statement that stands alone', (text) => {
  expect(read(text)).toEqual([]);
});

test('another dialect and a text that is not read have none', () => {
  expect(statementsAlone(classifyTexts(['VACUUM'], 'sqlite'))).toEqual([]);
  expect(read('VACUUM', 'this is no SQL')).toEqual([]);
});
