import { postgresParser } from '@countersign/program';
import { provideParser, type Catalog, type TrustedFunction } from '@countersign/sql';
import { beforeAll, expect, test } from 'vitest';
import { readFacts } from '../src/stages/read-facts.ts';

beforeAll(() => {
  provideParser(postgresParser);
});

const overloads = [{ signature: 'integer', bodyHash: 'ab' }];
const catalog = (): Catalog => ({
  tables: new Map([['public.t', { kind: 'table', columns: ['a'] }]]),
  triggers: [],
  searchPath: ['public'],
  standardConformingStrings: true,
  functions: new Map([['public.f', { harmless: false, overloads }]]),
});
const statement = { sql: 'SELECT f(a) FROM t', params: [] };
const facts = (under: Catalog, functions: readonly TrustedFunction[], sql = statement.sql) =>
  readFacts({ policy: () => ({ functions }) }, [{ ...statement, sql }], {
    engine: 'postgres',
    catalog: under,
  });

test('the same texts are read once under one catalogue and one policy, and anew under others', () => {
  const [one, other] = [catalog(), catalog()];
  const nobody: readonly TrustedFunction[] = [];
  const vouched = [{ name: 'public.f', signature: 'integer', bodyHash: 'ab' }];
  const first = facts(one, nobody);
  expect(first.readOnly).toBe(false);
  expect(facts(one, nobody)).toBe(first);
  expect(facts(other, nobody)).not.toBe(first);
  expect(facts(one, vouched).readOnly).toBe(true);
  expect(facts(one, nobody).readOnly).toBe(false);
  expect(facts(one, nobody, 'SELECT a FROM t').readOnly).toBe(true);
});

test('what is remembered is bounded, in number and length', () => {
  const one = catalog();
  const nobody: readonly TrustedFunction[] = [];
  const first = facts(one, nobody);
  for (let at = 0; at < 200; at += 1) facts(one, nobody, `SELECT ${at}`);
  expect(facts(one, nobody)).not.toBe(first);
  const long = `SELECT ${'1 + '.repeat(4_000)} 1`;
  expect(facts(one, nobody, long)).not.toBe(facts(one, nobody, long));
});
