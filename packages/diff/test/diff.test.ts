import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CodecError, decode, encode, sha256, toHex } from '@countersign/codec';
import {
  DiffError,
  TableBuilder,
  changedRows,
  checkDiff,
  compareDiffs,
  decodeDiff,
  digest,
  encodeDiff,
  fromPages,
  hashChanges,
  autoIncrementMoves,
  invertDiff,
  toPages,
  undoStatements,
  verifyDigest,
} from '@countersign/diff';
import type { Cell, Diff, DiffErrorCode, Row, RowChange, TableDiff } from '@countersign/diff';
import { RowWriter } from '../src/row-bytes.ts';
import type { RowImage } from '../src/row-bytes.ts';
import { RowsHash } from '../src/rows-hash.ts';
import vectors from '../../../test/vectors/diff/digest.json' with { type: 'json' };
import { int, nil, roomy, row, sampleDiff, tableOf, text } from './sample-diff.ts';

const hit = new Set<DiffErrorCode>();
function refuses(code: DiffErrorCode, work: () => unknown): void {
  let caught: unknown;
  try {
    work();
  } catch (cause) {
    caught = cause;
  }
  expect(caught).toBeInstanceOf(DiffError);
  expect(caught).toMatchObject({ code });
  hit.add(code);
}

const cell: fc.Arbitrary<Cell> = fc.oneof(
  fc.constant(nil),
  fc.maxSafeInteger().map(int),
  fc.string({ unit: 'binary' }).map(text),
  fc.uint8Array({ maxLength: 300 }).map((value): Cell => ({ type: 'bytes', value })),
  fc.double().map((value): Cell => ({ type: 'number', value: String(value) })),
  fc.boolean().map((value): Cell => ({ type: 'boolean', value })),
);
const change: fc.Arbitrary<RowChange> = fc
  .tuple(fc.option(fc.tuple(cell, cell)), fc.tuple(cell, cell))
  .map(([before, after]) => ({ before, after }));

function valueOf(one: Cell): readonly (string | number | boolean | Uint8Array)[] {
  const tag = ['null', 'integer', 'text', 'bytes', 'number', 'boolean'].indexOf(one.type);
  return one.type === 'null' ? [tag] : [tag, one.value];
}

test('the row writer gives the bytes of the codec', () => {
  const writer = new RowWriter();
  fc.assert(
    fc.property(change, (one) => {
      const rows = [one.before, one.after].map((cells) => cells?.map(valueOf) ?? null);
      expect(toHex(writer.change(one, []))).toBe(toHex(encode(rows)));
    }),
    { seed: 7, numRuns: 500 },
  );
});

/** Writes cells by the calls that engines use: ASCII and other texts as bytes, numbers and texts of their own as such. */
function imageOf(cells: Row): RowImage {
  return {
    width: cells.length,
    cells: () => cells,
    write: (index, to) => {
      const one = cells[index] ?? nil;
      if (one.type === 'integer') to.integer(one.value);
      else if (one.type === 'boolean') to.boolean(one.value);
      else if (one.type === 'bytes') to.bytes(one.value);
      else if (one.type === 'number') to.text('number', one.value);
      else if (one.type === 'text' && one.value.isWellFormed()) {
        const bytes = new TextEncoder().encode(`-${one.value}-`);
        to.utf8('text', bytes, 1, bytes.length - 1);
      } else to.cell(one);
    },
  };
}

test('rows in the form of an engine give the bytes of their cells', () => {
  const writer = new RowWriter();
  fc.assert(
    fc.property(change, fc.subarray([0, 1]), ({ before, after }, masked) => {
      const images = [before, after].map((cells) => (cells === null ? null : imageOf(cells)));
      const written = toHex(writer.images(images[0] ?? null, images[1] ?? null, masked, 0));
      expect(written).toBe(toHex(writer.change({ before, after }, masked, 0)));
    }),
    { seed: 8, numRuns: 500 },
  );
});

test('a row that is not shown as it was written is refused', () => {
  const shape = { table: 't', columns: ['a', 'b'], key: [0], computed: [], generated: [] };
  const builder = new TableBuilder(shape, { rowsImagedMax: 3, imagedBytesMax: 10_000 }, sha256);
  builder.addImages(null, imageOf([int(1), text('a')]));
  const lie = { ...imageOf([int(2), text('b')]), cells: () => [int(2), text('c')] };
  refuses('diff/bad-change', () => {
    builder.addImages(null, lie);
  });
  expect(builder.finish()).toMatchObject({ changes: [{ before: null, after: [int(1), text('a')] }] });
});

test('the digest does not depend on the order of changes, and on everything else it does', () => {
  const diff = sampleDiff();
  const sum = toHex(digest(diff));
  const reversed = {
    ...diff,
    tables: diff.tables.map((one) => ({ ...one, changes: one.changes.toReversed() })),
  };
  expect(toHex(digest(reversed))).toBe(sum);
  const [a, b] = diff.tables;
  if (a === undefined || b === undefined) throw new Error('two tables expected');
  const withTable = (changed: Partial<TableDiff>): Diff => ({ ...diff, tables: [{ ...a, ...changed }, b] });
  const others: Diff[] = [
    withTable({ table: 'c' }),
    withTable({ columns: ['id', 'nam'] }),
    withTable({ key: [] }),
    withTable({ computed: [1] }),
    withTable({ inserted: 2 }),
    withTable({ updated: 2 }),
    withTable({ deleted: 2 }),
    withTable({ rowsHash: new Uint8Array(32) }),
    withTable({ changes: a.changes.slice(1) }),
    withTable({ changes: [...a.changes, ...a.changes.slice(0, 1)] }),
    withTable({ changes: [{ before: null, after: row(1, 'neW') }, ...a.changes.slice(1)] }),
    withTable({ changes: [{ before: row(1, 'new'), after: null }, ...a.changes.slice(1)] }),
    { ...diff, tables: [a] },
    { ...diff, schema: [] },
    { ...diff, schema: [{ object: 'index', name: 'i', before: 'x', after: 'CREATE INDEX i ON a(name)' }] },
    { ...diff, notPreviewed: [] },
    { ...diff, notPreviewed: ['b counter'] },
    { ...diff, complete: false },
    { ...diff, environment: [['engine', 'sqlite 3']] },
    { ...diff, environment: [['engine', 'sqlite 3'], ['foreign_keys', 'off']] }, // prettier-ignore
  ];
  const sums = others.map((one) => toHex(digest(one)));
  expect(new Set([...sums, sum]).size).toBe(others.length + 1);
  expect(verifyDigest(diff, digest(diff))).toBe(diff);
  refuses('diff/digest-mismatch', () => verifyDigest(diff, new Uint8Array(32)));
});

test('cells that look alike are told apart', () => {
  const cells: Cell[] = [int(1), text('1'), { type: 'number', value: '1' }, { type: 'number', value: '1.0' },
    { type: 'boolean', value: true }, { type: 'bytes', value: Uint8Array.of(0x31) }, nil, text('')]; // prettier-ignore
  const sums = cells.map((one) => toHex(hashChanges([{ before: null, after: [one] }], [], sha256)));
  expect(new Set(sums).size).toBe(cells.length);
});

test('digests of the vectors', () => {
  expect(vectors.count).toBe(vectors.cases.length);
  for (const { name, diff, digest: expected } of vectors.cases) {
    expect(toHex(digest(decodeDiff(Uint8Array.from(Buffer.from(diff, 'hex'))))), name).toBe(expected);
  }
});

test('a diff comes back from one item and from pages in any order', () => {
  const diff = sampleDiff();
  expect(decodeDiff(encodeDiff(diff))).toEqual(diff);
  const many = Array.from({ length: 900 }, (_, id): RowChange => ({
    before: row(id, 'x'.repeat(60)),
    after: null,
  }));
  const large: Diff = { ...diff, tables: [tableOf('a', many), ...diff.tables.slice(1)] };
  const pages = toPages(large);
  expect(pages.length).toBeGreaterThan(4);
  expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(16_384);
  expect(fromPages(pages.toReversed(), digest(large))).toEqual(large);
  const sum = digest(large);
  refuses('diff/bad-page', () => fromPages(pages.slice(1), sum));
  refuses('diff/bad-page', () => fromPages([...pages.slice(1), ...pages.slice(1, 2)], sum));
  refuses('diff/bad-page', () => fromPages(pages, digest(diff)));
  refuses('diff/too-many-pages', () => fromPages(Array<Uint8Array>(5000).fill(new Uint8Array(1)), sum));
});

test('no byte of an item or a page can change unseen', () => {
  const diff = sampleDiff();
  const [page] = toPages(diff);
  if (page === undefined) throw new Error('one page expected');
  for (let index = 0; index < page.length; index += 1) {
    const bent = page.slice();
    bent[index] = (bent[index] ?? 0) ^ 1;
    expect(() => fromPages([bent], digest(diff))).toThrow();
    expect(() => fromPages([page.slice(0, index)], digest(diff))).toThrow(CodecError);
  }
});

test('above the limits the sample is the same in any order, and verifies', () => {
  const limits = { rowsImagedMax: 10, imagedBytesMax: 400 };
  const changes = Array.from({ length: 200 }, (_, id): RowChange => ({
    before: row(id, 'n'),
    after: row(id, 'm'),
  }));
  const forth = tableOf('a', changes, limits);
  const back = tableOf('a', changes.toReversed(), limits);
  expect(forth.updated).toBe(200);
  expect(forth.changes.length).toBeLessThanOrEqual(10);
  expect(back.changes.toReversed()).toEqual(forth.changes);
  expect(back.rowsHash).toEqual(forth.rowsHash);
  expect(back.rowsHash).toEqual(hashChanges(changes, [], sha256));
  const diff: Diff = { ...sampleDiff(), tables: [forth], complete: false };
  expect(fromPages(toPages(diff), digest(diff))).toEqual(diff);
  expect(changedRows(diff)).toBe(200);
});

test('values the engine made up stand outside the digest, and are not carried to approvers', () => {
  const make = (id: number): Diff => ({
    ...sampleDiff(),
    tables: [tableOf('a', [{ before: null, after: row(id, 'x') }], roomy, [0])],
  });
  expect(digest(make(1))).toEqual(digest(make(2)));
  expect(decodeDiff(encodeDiff(make(1))).tables[0]?.changes).toEqual([
    { before: null, after: [nil, text('x')] },
  ]);
  expect(decodeDiff(encodeDiff(make(1), { generated: 'keep' }), { generated: 'keep' })).toEqual(make(1));
  refuses('diff/unbound-value', () => decodeDiff(encodeDiff(make(1), { generated: 'keep' })));
});

test('a diff whose parts disagree is refused', () => {
  const diff = sampleDiff();
  const [a] = diff.tables;
  if (a === undefined) throw new Error('a table expected');
  const check = (changed: Partial<TableDiff>): Diff => checkDiff({ ...diff, tables: [{ ...a, ...changed }] });
  refuses('diff/bad-table', () => checkDiff({ ...diff, tables: diff.tables.toReversed() }));
  refuses('diff/bad-table', () => check({ key: [2] }));
  refuses('diff/bad-table', () => check({ key: [0, 0] }));
  refuses('diff/bad-table', () => check({ rowsHash: new Uint8Array(31) }));
  refuses('diff/bad-table', () => check({ inserted: 0 }));
  refuses('diff/bad-table', () => check({ inserted: 0, updated: 0, deleted: 0, changes: [] }));
  refuses('diff/bad-table', () => check({ changes: a.changes.slice(1) }));
  refuses('diff/rows-hash-mismatch', () => check({ rowsHash: new Uint8Array(32) }));
  const bad = (one: RowChange): Diff => check({ changes: [one] });
  refuses('diff/bad-change', () => bad({ before: null, after: null }));
  refuses('diff/bad-change', () => bad({ before: null, after: [int(1)] }));
  refuses('diff/bad-change', () => bad({ before: row(1, 'x'), after: row(1, 'x') }));
  refuses('diff/bad-cell', () =>
    digest({ ...diff, tables: [{ ...a, changes: [{ before: null, after: [int(2 ** 53), nil] }] }] }),
  );
  refuses('diff/bad-cell', () =>
    digest({ ...diff, tables: [{ ...a, changes: [{ before: null, after: [text('\ud800'), nil] }] }] }),
  );
  const huge = tableOf('a', [{ before: null, after: [int(1), text('x'.repeat(1_100_000))] }], {
    rowsImagedMax: 9,
    imagedBytesMax: 1e9,
  });
  refuses('diff/too-large', () => encodeDiff({ ...diff, tables: [huge] }));
  refuses('diff/too-large', () => toPages({ ...diff, tables: [huge] }));
  const foreign = decode(encodeDiff(diff));
  expect(foreign).toBeInstanceOf(Map);
});

test('an undo deletes new rows, writes old values back, inserts old rows, parents first', () => {
  const rest = sampleDiff();
  const diff: Diff = { ...rest, schema: [], notPreviewed: [] };
  const list = undoStatements(diff, { dialect: 'sqlite', parentsFirst: ['b', 'a'] });
  expect(list).toEqual([
    { sql: 'DELETE FROM "a" WHERE "id" = ?', params: [int(1)] },
    { sql: 'DELETE FROM "b" WHERE "id" = ?', params: [int(-5)] },
    { sql: 'UPDATE "a" SET "name" = ? WHERE "id" = ?', params: [text('old'), int(2)] },
    { sql: 'INSERT INTO "a" ("id", "name") VALUES (?, ?)', params: row(3, 'gone') },
  ]);
  expect(undoStatements(diff, { dialect: 'mysql' })[0]?.sql).toBe('DELETE FROM `b` WHERE `id` = ?');
  const quoted = { ...diff, tables: diff.tables.map((one) => ({ ...one, table: 'shop."a`""."' })) };
  expect(undoStatements(quoted, { dialect: 'mariadb' })[0]?.sql).toMatch(
    /^DELETE FROM `shop`\.`a``"\.` WHERE /,
  );
  expect(undoStatements(quoted, { dialect: 'postgres' })[0]?.sql).toMatch(
    /^DELETE FROM "shop"\."a`""\." WHERE /,
  );
  expect(undoStatements(diff, { dialect: 'postgres' })[2]?.sql).toBe(
    'UPDATE "a" SET "name" = $1 WHERE "id" = $2',
  );
  expect(undoStatements(diff, { dialect: 'postgres' })[3]?.sql).toBe(
    'INSERT INTO "a" ("id", "name") OVERRIDING SYSTEM VALUE VALUES ($1, $2)',
  );
  const [first] = diff.tables;
  if (first === undefined) throw new Error('no table');
  const named = { ...diff, tables: [{ ...first, table: 'public."T.""x"' }] };
  expect(undoStatements(named, { dialect: 'postgres' })[0]?.sql).toBe(
    'DELETE FROM "public"."T.""x" WHERE "id" = $1',
  );
  expect(digest(invertDiff(invertDiff(diff)))).toEqual(digest(diff));
  const undo = (changed: Partial<Diff>): unknown =>
    undoStatements({ ...diff, ...changed }, { dialect: 'sqlite' });
  refuses('undo/schema-changed', () => undo({ schema: sampleDiff().schema }));
  refuses('undo/not-previewed', () => undo({ notPreviewed: ['x'] }));
  refuses('undo/not-previewed', () => undo({ notPreviewed: [autoIncrementMoves('elsewhere')] }));
  const numbered = { ...diff, notPreviewed: diff.tables.map(({ table }) => autoIncrementMoves(table)) };
  expect(undo(numbered)).toEqual(undo({}));
  expect(invertDiff(numbered).notPreviewed).toEqual([]);
  refuses('undo/incomplete', () => undo({ complete: false }));
  refuses('undo/no-key', () => undo({ tables: diff.tables.map((one) => ({ ...one, key: [] })) }));
  const unseen = { ...tableOf('a', [{ before: null, after: [nil, nil] }]), generated: [0] };
  refuses('undo/key-made', () => undo({ tables: [unseen] }));
  refuses('undo/key-null', () => undo({ tables: [tableOf('a', [{ before: null, after: [nil, nil] }])] }));
});

test('a comparison tells which rows differ', () => {
  const first = sampleDiff();
  expect(compareDiffs(first, first)).toEqual({
    tables: [], schema: { first: [], second: [] }, notPreviewed: { first: [], second: [] }, environment: { first: [], second: [] },
  }); // prettier-ignore
  const rows: Row[] = [row(2, 'old'), row(2, 'third')];
  const [old, now] = rows;
  if (old === undefined || now === undefined) throw new Error('rows expected');
  const second: Diff = {
    ...first,
    tables: [tableOf('a', [{ before: null, after: row(1, 'new') }, { before: old, after: now }, { before: null, after: row(9, 'nine') }])],
    environment: [],
  }; // prettier-ignore
  const compared = compareDiffs(first, second);
  expect(compared.tables.map(({ table }) => table)).toEqual(['a', 'b']);
  expect(compared.tables[0]).toMatchObject({
    different: [{ first: { before: old }, second: { after: now } }],
    only: {
      first: [{ before: row(3, 'gone'), after: null }],
      second: [{ before: null, after: row(9, 'nine') }],
    },
    first: { inserted: 1, updated: 1, deleted: 1 },
    second: { inserted: 2, updated: 1, deleted: 0 },
    complete: true,
  });
  expect(compared.tables[1]?.second).toBeNull();
  expect(compared.environment.first).toHaveLength(2);
});

test('rows are paired by the key of their own side, where a column before it is gone', () => {
  const before = [text('n'), int(1)];
  const gone = { ...tableOf('a', [{ before, after: null }]), columns: ['note', 'id'], key: [1] };
  const now = [int(1), text('s')];
  const left = { ...tableOf('a', [{ before: now, after: null }]), columns: ['id', 'salary'], key: [0] };
  const compared = (second: TableDiff): object[] =>
    compareDiffs({ ...sampleDiff(), tables: [gone] }, { ...sampleDiff(), tables: [second] }).tables.map(
      ({ different, only }) => ({ different, only }),
    );
  const [first, second] = [
    { before, after: null },
    { before: now, after: null },
  ];
  expect(compared(left)).toEqual([{ different: [{ first, second }], only: { first: [], second: [] } }]);
  const elsewhere = { ...left, columns: ['code', 'id'] };
  expect(compared(elsewhere)).toEqual([{ different: [], only: { first: [first], second: [second] } }]);
});

test('the rows hash is over the leaves in the order of all their bytes, equal beginnings and equal leaves among them', () => {
  const leaf = (...bytes: readonly number[]): Uint8Array =>
    Uint8Array.from({ length: 32 }, (_, at) => bytes[at] ?? 0);
  const few = [leaf(1, 2, 3, 4, 9), leaf(255), leaf(1, 2, 3, 4, 5), leaf(1, 2, 3, 4, 5), leaf(1, 2, 3, 3, 9), leaf(0)]; // prettier-ignore
  const many = Array.from({ length: 1000 }, (_, index) => sha256(Uint8Array.of(index % 256, index >> 8)));
  const leaves = [...few, ...many];
  const rows = new RowsHash(sha256);
  for (const one of leaves) rows.add(one);
  const sorted = leaves.map((one) => Buffer.from(one)).toSorted((a, b) => Buffer.compare(a, b));
  expect(rows.finish()).toEqual(sha256(Buffer.concat([Buffer.of(1), ...sorted])));
});

test('a builder holds no more than the limits while rows stream by', () => {
  const shape = { table: 'a', columns: ['id'], key: [0], computed: [], generated: [] };
  const builder = new TableBuilder(shape, { rowsImagedMax: 3, imagedBytesMax: 10_000 }, sha256);
  for (let id = 0; id < 500; id += 1) builder.add({ before: [int(id)], after: null });
  expect(builder.finish()).toMatchObject({ deleted: 500 });
});

test('every code is hit', () => {
  const all: Record<DiffErrorCode, true> = {
    'diff/bad-cell': true, 'diff/bad-change': true, 'diff/bad-table': true, 'diff/rows-hash-mismatch': true,
    'diff/unbound-value': true, 'diff/digest-mismatch': true, 'diff/too-large': true, 'diff/bad-page': true,
    'diff/too-many-pages': true, 'undo/incomplete': true, 'undo/schema-changed': true, 'undo/not-previewed': true,
    'undo/no-key': true, 'undo/key-made': true, 'undo/key-null': true,
  }; // prettier-ignore
  expect([...hit].sort()).toEqual(Object.keys(all).sort());
});
