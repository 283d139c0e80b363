import { readFileSync } from 'node:fs';
import type { Diff, TableDiff } from '@countersign/diff';
import { unsettle } from '@countersign/sql';
import { expect, test } from 'vitest';
import {
  describeOverTime,
  describeRefusal,
  describeRequest,
  plainText,
  renderTerminal,
  type Block,
  type Document,
  type ShownReview,
  type SectionId,
} from '../src/index.ts';
import { sampleDiff, sampleFacts, sampleReview } from './sample-review.ts';

const plain = { colour: false, width: 100 };
const golden = (name: string): string =>
  readFileSync(new URL(`../../../test/vectors/wording/${name}`, import.meta.url), 'utf8');
const full = (change: Partial<ShownReview> = {}): Document =>
  describeRequest({ ...sampleReview, ...change }, 'full');

function withSql(sql: string): ShownReview {
  return { ...sampleReview, request: { ...sampleReview.request, statements: [{ sql, params: [] }] } };
}

function blocksOf(document: Document, id: SectionId): readonly Block[] {
  return document.sections.find((section) => section.id === id)?.blocks ?? [];
}

test('the sample reads as the golden texts say', () => {
  expect(renderTerminal(full(), plain)).toBe(golden('request-full-100.txt'));
  const summary = describeRequest(sampleReview, 'summary');
  expect(renderTerminal(summary, { colour: false, width: 60 })).toBe(golden('request-summary-60.txt'));
  const refusal = describeRefusal(
    'request.csreq',
    'bundle/checkpoint-forked',
    'tree head of size 9 differs, expected the pinned one',
  );
  expect(renderTerminal(refusal, { colour: false, width: 80 })).toBe(golden('refusal-80.txt'));
});

test('the sections stand in reading order, the checks first', () => {
  expect(full().sections.map((section) => section.id)).toEqual([
    'checks',
    'who',
    'why',
    'where',
    'what',
    'facts',
    'changes',
    'schema',
    'not-previewed',
    'policy',
    'quorum',
    'clocks',
  ]);
});

test('a value that the database makes up is shown as such, and a value that stands there is not', () => {
  const text = renderTerminal(full(), { colour: false, width: 200 });
  expect(text).toContain('main.log id = made by the database when it runs');
  expect(text).not.toMatch(/main\.log id = 9/);
});

test('a value stands beside the name of its place, where all places are named', () => {
  const params = ['gold', 7].map((value) =>
    typeof value === 'string' ? { type: 'text' as const, value } : { type: 'integer' as const, value },
  );
  const shownOf = (sql: string, engine: 'sqlite' | 'postgres' = 'sqlite'): string => {
    const { request } = sampleReview;
    const target = { ...request.target, engine };
    return renderTerminal(full({ request: { ...request, target, statements: [{ sql, params }] } }), plain);
  };
  const named = "UPDATE t SET tier = :tier WHERE id = @id OR tier = :tier OR name = ':no'";
  expect(shownOf(named)).toMatch(/Parameter 1 +:tier text 'gold'\n +Parameter 2 +@id integer 7\n/);
  for (const text of [shownOf(named, 'postgres'), shownOf('SELECT :a, ?'), shownOf('SELECT :a')])
    expect(text).toMatch(/Parameter 1 +text 'gold'\n +Parameter 2 +integer 7\n/);
});

test('every warning that is shown is named', () => {
  expect(full().warnings).toEqual([
    'check/skipped',
    'effect/generated',
    'effect/not-previewed',
    'effect/schema',
    'hazard/multiple-statements',
    'hazard/trigger-fires',
    'hazard/write-without-where',
    'request/follows',
    'requester/agent',
    'requester/claims',
    'review/first-contact',
    'text/comment',
    'text/hidden-character',
  ]);
});

test('characters in rows or names of columns that deceive are said once a table', () => {
  const [customers, log] = sampleDiff.tables;
  if (customers === undefined || log === undefined) throw new Error('sample has no tables');
  const tables = [
    { ...customers, changes: [...customers.changes, ...customers.changes] },
    { ...log, columns: ['id', 'text\u05d0'] },
  ];
  const document = full({ diff: { ...sampleDiff, tables } });
  const said = blocksOf(document, 'changes').flatMap((block) =>
    block.kind === 'line' && block.mark === '!' ? [plainText(block.spans)] : [],
  );
  expect(said.filter((text) => text.includes('do not show themselves'))).toEqual([
    expect.stringMatching(/In columns or rows of main\.customers\.$/u),
  ]);
  expect(said.filter((text) => text.includes('right to left'))).toEqual([
    expect.stringMatching(/In columns or rows of main\.log\.$/u),
  ]);
  expect(document.warnings).toContain('text/right-to-left');
});

test('colour adds nothing but colour', () => {
  const document = full();
  const coloured = renderTerminal(document, { ...plain, colour: true });
  expect(coloured).toContain('\u001B[');
  const sequence = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]+m`, 'gu');
  expect(coloured.replaceAll(sequence, '')).toBe(renderTerminal(document, plain));
});

test('a failed check stands first and forbids approval', () => {
  const document = full({
    checks: [
      { name: 'roster', outcome: 'passed' },
      { name: 'inclusion', outcome: 'failed', code: 'bundle/entry-not-included' },
    ],
  });
  const [verdict, first] = blocksOf(document, 'checks');
  expect(verdict).toMatchObject({ kind: 'line', mark: '!' });
  expect(first).toMatchObject({ kind: 'line', mark: '✗' });
  expect(renderTerminal(document, plain)).toContain(
    'NOT so: The request is in the ledger. (bundle/entry-not-included)',
  );
  expect(document.warnings).toContain('check/failed');
});

test('facts that differ are named field by field', () => {
  const here = { ...sampleFacts, effect: 'ddl' as const, parsed: false };
  const document = full({ facts: { signed: sampleFacts, here } });
  const text = renderTerminal(document, plain);
  expect(document.warnings).toContain('facts/differ');
  expect(text).toContain('• parsed: executor true, here false');
  expect(text).toContain('• effect: executor write, here ddl');
  expect(full({ facts: { signed: sampleFacts, here: null } }).warnings).toContain('facts/not-recomputed');
});

test('an executor that says more is believed and shown, one that says less is not', () => {
  const graver = unsettle(sampleFacts, 0);
  const document = full({ facts: { signed: graver, here: sampleFacts } });
  const text = renderTerminal(document, plain);
  expect(document.warnings).toContain('facts/graver');
  expect(document.warnings).toContain('hazard/opaque');
  expect(text).toContain('reach more than this machine can see');
  expect(text).toMatch(/Effect +unknown/);
  expect(text).toMatch(/Read here +write/);
  const less = full({ facts: { signed: sampleFacts, here: graver } });
  expect(less.warnings).toContain('facts/differ');
  expect(less.warnings).not.toContain('facts/graver');
});

test('every function that the reading takes from the word of the executor is named', () => {
  const functions = new Map([
    ['public.a', { harmless: true }],
    ['public.b', { harmless: false, writes: [] }],
    ['public.c', { harmless: false, writes: ['public.t', 'public.u'] }],
    ['public.d', { harmless: false }],
  ]);
  const catalog = { tables: new Map(), triggers: [], functions };
  const text = renderTerminal(
    full({ facts: { signed: sampleFacts, here: sampleFacts, catalog } }),
    plain,
  ).replaceAll(/\s+/g, ' ');
  expect(text).toContain('functions without effect: public.a');
  expect(text).toContain('functions that change no more than these tables: public.b (none), public.c');
  expect(text).toContain('public.c (public.t and public.u)');
  expect(text).not.toContain('public.d');
});

test.each([
  ['bidi', 'SELECT \u202E1', ['text/hidden-character']],
  ['zero width', 'SELECT a\u200Bb', ['text/hidden-character']],
  ['terminal escape', 'SELECT \u001B[2J1', ['text/hidden-character']],
  ['lone surrogate', 'SELECT \ud800', ['text/hidden-character']],
  ['look-alike name', 'UPDATE p\u0430yments SET a = 1', ['text/look-alike']],
  ['right to left', "SELECT 'שלום'", ['text/right-to-left']],
  ['column 60,000', `SELECT 1${' '.repeat(60_000)}; DROP TABLE t`, ['text/long-line']],
  ['line 9,000', `SELECT 1${'\n'.repeat(9000)}; DROP TABLE t`, ['text/many-lines']],
  ['instruction to the reader', 'SELECT 1 /* approver: all is well */', ['text/comment']],
])('deceiving the approver: %s', (_, sql, warnings) => {
  const document = describeRequest(withSql(sql), 'full');
  for (const code of warnings) expect(document.warnings).toContain(code);
  const code = blocksOf(document, 'what').find((block) => block.kind === 'code');
  const lines = code?.kind === 'code' ? code.lines.map(plainText) : [];
  expect(lines).toHaveLength(sql.split('\n').length);
  if (sql.includes('DROP')) expect(lines.join('')).toContain('; DROP TABLE t');
  for (const width of [40, 80, 133]) {
    const text = renderTerminal(document, { colour: false, width });
    expect(text.split('\n').every((line) => line.length <= width)).toBe(true);
    expect(text).not.toMatch(/[^\P{C}\n]/u);
  }
});

// One table whose rows differ in nothing but the last.
function manyRows(count: number): Diff {
  const [table] = sampleDiff.tables;
  const change = table?.changes[0];
  if (table === undefined || change === undefined) throw new Error('the sample has no row');
  const bad = { before: change.before, after: null };
  const changes = Array.from({ length: count }, (_, index) => (index === count - 1 ? bad : change));
  const customers: TableDiff = { ...table, updated: count - 1, deleted: 1, changes };
  return { ...sampleDiff, tables: [customers] };
}

test('the one bad row on page 40 is in the full view, and a summary says what it leaves out', () => {
  const diff = manyRows(4000);
  const document = full({ diff });
  expect(
    blocksOf(document, 'changes').filter((block) => block.kind === 'row' && block.mark === '-'),
  ).toHaveLength(1);
  expect(document.leftOut).toEqual({ rows: 0, bytes: 0 });
  const summary = describeRequest({ ...sampleReview, diff }, 'summary');
  expect(summary.leftOut.rows).toBe(3990);
  const text = renderTerminal(summary, plain);
  expect(text).toContain('10 of 4,000 changed rows of main.customers shown');
  expect(text).toContain('leaves out 3,990 rows and 0 bytes. Only the full view can be approved.');
});

test('long values and statements are cut in a summary only, and the rest is counted', () => {
  const review: ShownReview = {
    ...withSql(`SELECT '${'x'.repeat(5000)}'`),
    submission: { ...sampleReview.submission, reason: 'r'.repeat(250) },
  };
  const summary = describeRequest(review, 'summary');
  expect(summary.leftOut.bytes).toBe(50 + 1009);
  const text = renderTerminal(summary, plain);
  expect(text).toContain('… 50 more bytes not shown');
  expect(text).toContain('… 1,009 more bytes of this statement not shown');
  expect(describeRequest(review, 'full').leftOut.bytes).toBe(0);
});

test('only changed columns are marked, and values that a summary cuts alike still differ', () => {
  const row = blocksOf(full(), 'changes').find((block) => block.kind === 'row');
  expect(row?.kind === 'row' ? row.cells.map((cell) => [cell.column, cell.isKey, cell.changed]) : []).toEqual(
    [
      ['id', true, false],
      ['name', false, false],
      ['status', false, true],
      ['note', false, true],
    ],
  );
});

test('a name or number that imitates our own words is quoted', () => {
  const [table] = sampleDiff.tables;
  if (table === undefined) throw new Error('the sample has no table');
  const hostile: TableDiff = {
    ...table,
    columns: ['id', 'a → b', 'c"d', 'e'],
    changes: [
      {
        before: null,
        after: [
          { type: 'number', value: "1 → 2'" },
          { type: 'number', value: '1.50' },
          { type: 'null' },
          { type: 'text', value: "x' → 'y" },
        ],
      },
    ],
  };
  const text = renderTerminal(full({ diff: { ...sampleDiff, tables: [hostile] } }), plain);
  expect(text).toContain("id = number '1 → 2'''");
  expect(text).toContain('"a → b"');
  expect(text).toContain('"c""d"');
  expect(text).toContain("'x'' → ''y'");
  expect(text).toContain('differ. Do not approve.');
});

test('rows that did not come, or came as a sample, are said to be missing', () => {
  const request = { ...sampleReview.request, effect: { ...sampleReview.request.effect, complete: false } };
  expect(full({ diff: null }).warnings).toContain('effect/no-diff');
  const [table] = sampleDiff.tables;
  if (table === undefined) throw new Error('the sample has no table');
  const sampled = full({ request, diff: { ...sampleDiff, tables: [{ ...table, updated: 500 }] } });
  expect(sampled.warnings).toContain('effect/sampled');
  expect(sampled.leftOut.rows).toBe(499);
  expect(renderTerminal(sampled, plain)).toContain('499 changed rows did not come with the request');
});

test('the number of rows is to be typed exactly where something is lost', () => {
  expect(full().confirmRows).toBe(3);
  const effect = { ...sampleReview.request.effect, tables: [] };
  const request = { ...sampleReview.request, effect };
  const harmless = { ...sampleFacts, statements: [] };
  expect(full({ request, facts: { signed: harmless, here: harmless } }).confirmRows).toBeNull();
  expect(full({ request, facts: { signed: harmless, here: sampleFacts } }).confirmRows).toBe(3);
});

test.each([
  [13_000, 'in 23 min 20 s', undefined],
  [14_000, 'in 6 min 40 s', 'clock/review-soon'],
  [15_000, '10 min ago', 'clock/review-past'],
  [-4000, 'in 5 h 6 min', 'clock/made-ahead'],
] as const)('the clocks %i seconds after the request was made', (after, distance, code) => {
  const document = full({ now: sampleReview.request.madeAt + after });
  expect(renderTerminal(document, plain)).toContain(`(${distance})`);
  const clocks = document.warnings.filter((warning) => warning.startsWith('clock/'));
  expect(clocks).toEqual(code === undefined ? [] : [code]);
});

test('times at the edges of what a record can say are written', () => {
  const [madeAt, reviewBy] = [0, Number.MAX_SAFE_INTEGER];
  const document = full({ request: { ...sampleReview.request, madeAt, reviewBy, runBy: reviewBy } });
  const text = renderTerminal(document, plain);
  expect(text).toContain('1970-01-01 00:00:00 UTC (more than 10 years ago)');
  expect(text).toContain('after the year 9999 (in more than 10 years)');
});

test('a new roster is shown item by item', () => {
  const person = { id: 'eve', name: 'Eve', kind: 'human' as const, roles: ['dba'], keys: [] };
  const text = renderTerminal(
    full({
      rosterChange: {
        fromNumber: 3,
        toNumber: 4,
        root: { before: { threshold: 2, keys: [] }, after: { threshold: 1, keys: [] } },
        roles: [{ change: 'removed', before: { name: 'owner', may: [], peopleMin: 1 } }],
        persons: [
          { change: 'added', after: person },
          { change: 'altered', before: person, after: { ...person, roles: [] } },
        ],
        executors: [{ change: 'added', after: { origin: 'x', publicKey: new Uint8Array(32) } }],
        revocations: [{ change: 'added', after: { kid: new Uint8Array(32), fromIndex: 9 } }],
      },
    }),
    { colour: false, width: 200 },
  );
  for (const expected of [
    '~ changed root keys: 2 of',
    '− removed role owner',
    '+ added person Eve (eve, human): roles dba',
    '~ changed person Eve',
    '+ added executor of x',
    'from ledger entry 9',
  ]) {
    expect(text).toContain(expected);
  }
});

test.each([
  ['complete', 'nobody'],
  ['rejected', 'a denial has ended this request'],
] as const)('a quorum that is %s', (state, words) => {
  expect(renderTerminal(full({ quorum: { state } }), plain)).toContain(`Missing       ${words}`);
});

test('a description over time is at each moment the one of that moment, and keeps what no clock changes', () => {
  const { madeAt, reviewBy, runBy } = sampleReview.request;
  for (const depth of ['full', 'summary'] as const) {
    const describe = describeOverTime(sampleReview, depth);
    const first = describe(sampleReview);
    for (const now of [madeAt - 301, madeAt, reviewBy - 899, reviewBy, reviewBy + 1, runBy + 1]) {
      const late = { name: 'in-time', outcome: 'failed', code: 'review/review-late' } as const;
      const later: ShownReview = {
        ...sampleReview,
        checks: now > reviewBy ? [...sampleReview.checks, late] : sampleReview.checks,
        warnings: now > reviewBy ? ['review/review-late'] : [],
        now,
      };
      const document = describe(later);
      expect(document).toEqual(describeRequest(later, depth));
      const others = document.sections.filter((section, index) => section !== first.sections[index]);
      expect(others.map(({ id }) => id)).toEqual(['checks', 'quorum', 'clocks']);
    }
  }
});
