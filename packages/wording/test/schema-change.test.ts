import type { Diff } from '@countersign/diff';
import { expect, test } from 'vitest';
import { describeRequest, renderTerminal } from '../src/index.ts';
import type { Document, ShownReview } from '../src/index.ts';
import { sampleDiff, sampleFacts, sampleReview } from './sample-review.ts';

const [customers] = sampleDiff.tables;
if (customers === undefined) throw new Error('sample has no table');

const describeWith = (more: Partial<ShownReview>): Document =>
  describeRequest({ ...sampleReview, ...more }, 'full');
const textOf = (document: Document): string => renderTerminal(document, { colour: false, width: 200 });

test('locks and what is written anew are said in words, and only where there are any', () => {
  const environment = [
    ['engine', 'postgres 15'],
    ['lock public.orders', 'ACCESS EXCLUSIVE'],
    ['lock public.t', 'SHARE UPDATE EXCLUSIVE'],
    ['lock public.odd\u202E', 'A MODE\u0007 TO COME'],
    ['rewrite public.orders', 'table'],
  ] as const;
  const document = describeWith({ diff: { ...sampleDiff, environment } });
  expect(document.warnings).toContain('effect/locks');
  const text = textOf(document);
  expect(text).toContain('public.orders: ACCESS EXCLUSIVE: nobody else can read or change it');
  expect(text).toContain(
    'public.t: SHARE UPDATE EXCLUSIVE: others can read and change its rows, not its schema',
  );
  expect(text).toContain('public.orders: the whole table is written anew');
  expect(text).toContain('A MODE⟨U+0007⟩ TO COME');
  expect(text).not.toContain('\u202E');
  expect(describeWith({}).sections.map(({ id }) => id)).not.toContain('locks');
});

test('dropped columns are named with the rows that lose a value', () => {
  const environment = [['dropped main.customers', 'note, "odd name"']] as const;
  const tables = [{ ...customers, updated: 1_200_000 }];
  const text = textOf(describeWith({ diff: { ...sampleDiff, tables, environment } }));
  expect(text).toContain(
    'columns dropped from main.customers: note, "odd name" (1,200,000 rows of the table changed)',
  );
});

test('the number of rows is asked for where objects go, by the text or by what the dry run saw', () => {
  const quiet: typeof sampleFacts = { ...sampleFacts, statements: [], hazards: [] };
  const [first] = sampleFacts.statements;
  if (first === undefined) throw new Error('sample has no statement');
  const dropping = {
    ...quiet,
    statements: [{ ...first, hazards: [{ code: 'drop' as const, text: 0, offset: 0, length: 1 }] }],
  };
  const { effect } = sampleReview.request;
  const request = {
    ...sampleReview.request,
    effect: { ...effect, rows: 7, tables: effect.tables.map((table) => ({ ...table, deleted: 0 })) },
  };
  const asked = (facts: typeof sampleFacts, diff: Partial<Diff>): number | null =>
    describeWith({ request, facts: { signed: facts, here: facts }, diff: { ...sampleDiff, ...diff } })
      .confirmRows;
  const dropped = { object: 'view', name: 'main.v', before: 'CREATE VIEW v', after: null } as const;
  expect(asked(quiet, {})).toBe(null);
  expect(asked(dropping, {})).toBe(7);
  expect(asked(quiet, { schema: [dropped] })).toBe(7);
  expect(asked(quiet, { environment: [['dropped main.customers', 'note']] })).toBe(7);
});

test('what met no row when it was tried says so, beside what it changes', () => {
  const { request } = sampleReview;
  const effect = {
    rows: 0,
    tables: [],
    diffDigest: request.effect.diffDigest,
    diffSize: 10,
    complete: false,
    notPreviewed: ['whether the rows allow it'],
    schemaChanges: ['table shop.t changed'],
    onCopy: true,
  } as const;
  const schema = [{ object: 'table', name: 'shop.t', before: 'a INT', after: 'b INT' }] as const;
  const environment = [['lock shop.t', 'COPY: every row is copied']] as const;
  const diff = { tables: [], schema, notPreviewed: effect.notPreviewed, complete: false, environment };
  const document = describeWith({ request: { ...request, effect }, diff });
  expect(document.warnings).toEqual(
    expect.arrayContaining(['effect/on-copy', 'effect/schema', 'effect/locks', 'effect/not-previewed']),
  );
  expect(document.warnings).not.toContain('effect/sampled');
  const text = textOf(document);
  expect(text).toContain('a copy of the schema without rows');
  expect(text).toContain('COPY: every row is copied');
});

test('what was not tried is never said to change nothing', () => {
  const { request } = sampleReview;
  const effect = {
    rows: 0,
    tables: [],
    diffDigest: request.effect.diffDigest,
    diffSize: 10,
    complete: false,
    notPreviewed: ['everything that vacuum does'],
    schemaChanges: [],
    untried: true,
  } as const;
  const diff = {
    tables: [],
    schema: [],
    notPreviewed: effect.notPreviewed,
    complete: false,
    environment: [],
  };
  const document = describeWith({ request: { ...request, effect }, diff });
  expect(document.warnings).toEqual(expect.arrayContaining(['effect/untried', 'effect/not-previewed']));
  expect(document.warnings).not.toContain('effect/nothing');
  const text = textOf(document);
  expect(text).toContain('This could not be tried.');
  expect(text).not.toContain('In all');
});
