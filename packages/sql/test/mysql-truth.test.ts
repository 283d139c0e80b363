import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EFFECTS, HAZARD_CODES, WHERE_FORMS } from '@countersign/sql';
import { inspect } from './mysql-catalog.ts';
import { Engine } from './mysql-engine.ts';
import type { Circumstances, Observation } from './mysql-engine.ts';
import { catalogFileOf, ordinaryOf, textOf, vectorsOf } from './mysql-files.ts';
import type { MysqlVector, Ordinary } from './mysql-files.ts';

const DIALECTS = ['mysql', 'mariadb'] as const;
const files = { mysql: vectorsOf('mysql'), mariadb: vectorsOf('mariadb') };
const ordinary = { mysql: ordinaryOf('mysql'), mariadb: ordinaryOf('mariadb') };
const catalog = catalogFileOf('mariadb');
let engine: Engine;

beforeAll(async () => {
  engine = await Engine.start(files.mariadb.fixture);
}, 60_000);

afterAll(() => engine.stop());

const observed = new Map<string, Promise<Observation>>();

/** Most texts stand in both files: each is run once. */
function observe(sql: string, circumstances: Circumstances): Promise<Observation> {
  const key = JSON.stringify([sql, circumstances]);
  const known = observed.get(key) ?? engine.observe(sql, circumstances);
  observed.set(key, known);
  return known;
}

const plain = (name: string): string => name.replaceAll('"', '');

/** Grows a set of names by what each of them leads to. */
function closure(names: readonly string[], next: (name: string) => readonly string[]): string[] {
  const all = new Set(names);
  for (const name of all) for (const more of next(name)) all.add(more);
  return [...all].map(plain);
}

/** Tables of the catalogue whose names stand in a definition. */
function namedIn(sql: string): string[] {
  const words = new Set(sql.match(/\w+/g));
  return Object.keys(catalog.tables).filter((name) => words.has(name.split('.')[1] ?? ''));
}

/** What a change of a table changes too: cascades, triggers, sequences of defaults, the tables under a view. */
function changedWith(name: string): string[] {
  const { cascades = [], sql = '' } = catalog.tables[name] ?? {};
  const triggers = catalog.triggers.filter(({ table }) => table === name);
  return [
    ...cascades.map(({ table }) => table),
    ...triggers.flatMap((trigger) => namedIn(trigger.sql)),
    ...(catalog.defaults[name] ?? []),
    ...namedIn(sql),
  ];
}

/** What the engine opens with a table: all that, the parents of its keys, and what functions of a view write. */
function openedWith(name: string): string[] {
  const parents = Object.entries(catalog.tables).filter(([, { cascades = [] }]) =>
    cascades.some(({ table }) => table === name),
  );
  const { sql = '' } = catalog.tables[name] ?? {};
  const functions = Object.entries(catalog.functions).filter(([called]) =>
    sql.includes(`\`${called.split('.')[1] ?? ''}\`(`),
  );
  return [
    ...changedWith(name),
    ...parents.map(([parent]) => parent),
    ...functions.flatMap(([, { writes = [] }]) => writes),
  ];
}

const rowsIn = (what: readonly string[]): string[] =>
  what.filter((part) => part.startsWith('rows ')).map((part) => part.slice('rows '.length));

describe.each(DIALECTS)('%s', (dialect) => {
  test('the files have as many entries as they say', () => {
    expect(files[dialect].vectors.length).toBe(files[dialect].count);
    expect(files[dialect].count).toBeGreaterThanOrEqual(400);
    expect(ordinary[dialect].statements.length).toBe(ordinary[dialect].count);
    expect(ordinary[dialect].count).toBeGreaterThanOrEqual(500);
  });

  test('no text stands there twice', () => {
    const vectors = files[dialect].vectors.map((vector) => `${vector.sql_mode ?? ''} ${textOf(vector)}`);
    const statements = ordinary[dialect].statements.map(({ sql }) => sql);
    expect(new Set(vectors).size).toBe(vectors.length);
    expect(new Set(statements).size).toBe(statements.length);
  });

  test('few are not run, and they say why', () => {
    const vectors = files[dialect].vectors.filter((vector) => vector.truth.engine === 'not-run');
    const statements = ordinary[dialect].statements.filter((statement) => statement.not_run !== undefined);
    expect([vectors.length, statements.length]).toEqual(dialect === 'mysql' ? [26, 47] : [7, 0]);
    for (const { not_run: why } of vectors) expect(why).toBeDefined();
  });

  test('the fixture is the one that is run', () => {
    const { fixture } = files[dialect];
    expect(files.mariadb.fixture.slice(0, fixture.length)).toEqual(fixture);
  });

  describe.each(files[dialect].vectors)('$why: $sql', (vector) => {
    test('claims only what the formats know', () => {
      const { truth } = vector;
      expect(vector.dialect).toBe(dialect);
      expect(EFFECTS).toContain(truth.effect);
      for (const code of truth.hazards) expect(HAZARD_CODES).toContain(code);
      if (truth.where !== undefined) expect(WHERE_FORMS).toContain(truth.where);
      expect(vector.truth.engine === 'not-run').toBe(vector.not_run !== undefined);
    });

    test('the engine does what it claims', async () => {
      if (vector.truth.engine !== 'not-run') await provenOnEngine(vector);
    });
  });

  describe.each(ordinary[dialect].statements)('ordinary: $sql', (statement) => {
    test('the engine does what it claims', async () => {
      expect(['read', 'write', 'ddl']).toContain(statement.effect);
      if (statement.not_run === undefined) await ordinaryOnEngine(statement);
    });
  });
});

async function provenOnEngine(vector: MysqlVector): Promise<void> {
  const { truth } = vector;
  const seen = await observe(textOf(vector), { sqlMode: vector.sql_mode, outside: vector.outside });
  expect(seen.what).toEqual(truth.seen ?? []);
  expect(seen.changed).toBe(truth.engine === 'changes');
  if (truth.engine === 'refuses') expect(seen.error).toBeDefined();
  if (truth.engine === 'reads') expect(seen.error).toBeUndefined();
  // The promise that a classifier must keep: what changed anything is no read.
  if (seen.changed && truth.assumed !== true) expect(truth.effect).not.toBe('read');
  if (truth.writes !== undefined) {
    const named = closure(truth.writes, changedWith);
    expect(rowsIn(seen.what).filter((name) => !named.includes(name))).toEqual([]);
  }
  await whereOnEngine(vector);
}

/** A row of nothing but NULL, one that is there, one that is nowhere: an always-true WHERE hits all three. */
async function whereOnEngine({ sql = '', sql_mode: mode, truth }: MysqlVector): Promise<void> {
  const clause = /^DELETE FROM (?:audit|other\.notes) WHERE (.*)$/s.exec(sql)?.[1];
  if (clause === undefined || mode !== undefined || truth.where === undefined || sql.includes('writes('))
    return;
  const rows = "SELECT NULL AS id, NULL AS what UNION SELECT 1, 'x' UNION SELECT -5, 'nowhere'";
  const [hit] = await engine.ask(`SELECT count(*) FROM (${rows}) AS audit WHERE ${clause}`);
  const claimed = (truth.measured ?? truth.where) === 'always-true';
  expect([clause, hit?.[0] === '3']).toEqual([clause, claimed]);
}

async function ordinaryOnEngine({ sql, effect, reads, writes, parameters }: Ordinary): Promise<void> {
  const seen = await observe(sql, { parameters });
  expect(seen.error).toBeUndefined();
  const named = [...(reads ?? []), ...writes];
  const changing = closure(writes, changedWith);
  expect(rowsIn(seen.what).filter((name) => !changing.includes(name))).toEqual([]);
  const others = seen.what.filter((part) => !part.startsWith('rows '));
  if (effect === 'read') expect(seen.what).toEqual([]);
  if (effect === 'write')
    expect(others.filter((part) => !['row locks', 'session'].includes(part))).toEqual([]);
  if (effect === 'ddl') {
    expect(others).toContain('transaction');
    expect(others.filter((part) => !['files', 'schema', 'transaction'].includes(part))).toEqual([]);
    return;
  }
  // SHOW and its like open what they please.
  if (reads === undefined) return;
  const near = closure(named, openedWith);
  expect(seen.opened.filter((name) => !near.includes(name))).toEqual([]);
  const unopened = named.map(plain).filter((name) => !seen.opened.includes(name));
  expect(unopened.filter((name) => !name.startsWith('information_schema.'))).toEqual([]);
  const written = writes.map(plain).filter((name) => !seen.openedToWrite.includes(name));
  expect(written).toEqual([]);
}

test('every kind of change that the engine is watched for is shown', () => {
  const shown = new Set(files.mariadb.vectors.flatMap(({ truth }) => truth.seen ?? []));
  const kinds = [...shown].filter((part) => !part.startsWith('rows ')).sort();
  const places = ['accounts', 'files', 'globals', 'routines', 'schema', 'servers'];
  const own = [
    'connection',
    'prepared statements',
    'session',
    'temporary tables',
    'transaction',
    'variables',
  ];
  expect(kinds).toEqual([...places, ...own, 'locks', 'row locks'].sort());
});

test.each(DIALECTS)('the catalogue of %s is the fixture’s', async (dialect) => {
  const whole = await inspect(engine, files[dialect].database);
  const file = catalogFileOf(dialect);
  const kept = Object.entries(whole.tables).filter(([name]) => dialect === 'mariadb' || name in file.tables);
  const rest = dialect === 'mariadb' ? whole : { ...whole, sequences: [], defaults: {} };
  expect({ ...rest, tables: Object.fromEntries(kept) }).toEqual(file);
  const extra = Object.keys(whole.tables).filter((name) => !(name in file.tables));
  const only = ['shop.numbered', 'shop.prices', 'shop.rates', 'shop.tickets'];
  expect(extra).toEqual(dialect === 'mariadb' ? [] : only);
});
