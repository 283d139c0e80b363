import { postgresParser } from '@countersign/program';
import { expect, test } from 'vitest';
import { classify, provideParser, trustFunctions } from '@countersign/sql';
import type { Catalog, CatalogFunction, TrustedFunction } from '@countersign/sql';

provideParser(postgresParser);

const [one, two] = ['1'.repeat(64), '2'.repeat(64)];
const overload = (signature: string, bodyHash: string): { signature: string; bodyHash: string } => ({
  signature,
  bodyHash,
});

function catalogOf(known: CatalogFunction): Catalog {
  return { tables: new Map(), triggers: [], functions: new Map([['public.f', known]]), types: new Map() };
}

function readsOnly(known: CatalogFunction, trusted: readonly TrustedFunction[]): boolean {
  return classify('SELECT f(1)', 'postgres', trustFunctions(catalogOf(known), trusted)).readOnly;
}

const listed: TrustedFunction = { name: 'public.f', signature: 'integer', bodyHash: one };
const plain: CatalogFunction = { harmless: false, overloads: [overload('integer', one)] };

test('a function is trusted by name, signature and definition', () => {
  expect(readsOnly(plain, [listed])).toBe(true);
  expect(readsOnly(plain, [])).toBe(false);
  expect(readsOnly(plain, [{ ...listed, name: 'public.g' }])).toBe(false);
  expect(readsOnly(plain, [{ ...listed, signature: 'bigint' }])).toBe(false);
  expect(readsOnly(plain, [{ ...listed, bodyHash: two }])).toBe(false);
});

test('one overload that is not listed makes the name unknown', () => {
  const several = { ...plain, overloads: [overload('integer', one), overload('text', two)] };
  expect(readsOnly(several, [listed])).toBe(false);
  expect(readsOnly(several, [listed, { ...listed, signature: 'text', bodyHash: two }])).toBe(true);
  expect(readsOnly(several, [listed, { ...listed, signature: 'text' }])).toBe(false);
});

test('what the catalogue says by itself counts for nothing', () => {
  expect(readsOnly({ harmless: true }, [listed])).toBe(false);
  expect(readsOnly({ harmless: true, overloads: [] }, [listed])).toBe(false);
  expect(readsOnly({ ...plain, harmless: true }, [])).toBe(false);
});

test('what a trusted function is known to write stays a write', () => {
  expect(readsOnly({ ...plain, writes: ['public.t'] }, [listed])).toBe(false);
});

test('a catalogue without functions stays as it is: SQLite stores none', () => {
  const catalog: Catalog = { tables: new Map(), triggers: [] };
  expect(trustFunctions(catalog, [listed])).toBe(catalog);
});

test('a bare name is trusted only when every function of that name in the path is', () => {
  const made = { overloads: [overload('integer', one)] };
  const functions = new Map([
    ['a.f', { ...made, harmless: false }],
    ['b.f', { harmless: false, overloads: [overload('text', two)] }],
  ]);
  const catalog: Catalog = {
    tables: new Map([['a.t', { kind: 'table', columns: ['x'] }]]),
    triggers: [],
    searchPath: ['a', 'b'],
    functions,
    types: new Map(),
    operators: new Set(),
  };
  const first: TrustedFunction = { name: 'a.f', signature: 'integer', bodyHash: one };
  const second: TrustedFunction = { name: 'b.f', signature: 'text', bodyHash: two };
  const opaque = (sql: string, trusted: readonly TrustedFunction[]): boolean | undefined =>
    classify(sql, 'postgres', trustFunctions(catalog, trusted)).statements[0]?.opaque;
  // The engine calls b.f, which takes a text.
  expect(opaque(`UPDATE t SET x = f('a text')`, [first])).toBe(true);
  expect(opaque(`UPDATE t SET x = a.f(1)`, [first])).toBe(false);
  expect(opaque(`UPDATE t SET x = f('a text')`, [first, second])).toBe(false);
});
