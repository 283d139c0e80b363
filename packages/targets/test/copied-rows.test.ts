import { TableBuilder } from '@countersign/diff';
import type { Cell } from '@countersign/diff';
import { expect, test } from 'vitest';
import { CopiedRow, CopiedRows } from '../src/postgres/copied-rows.ts';
import { toCell } from '../src/postgres/values.ts';
import { sha256 } from '../src/sha256.ts';

const [boolean, bytes, whole, text, real, decimal] = [16, 17, 20, 25, 701, 1700];

/** A field as COPY writes it, the number of its type, and the value as a query gives it. */
const fields: readonly (readonly [field: string, type: number, value: string | null])[] = [
  ['\\N', text, null],
  ['\\N', whole, null],
  ['', text, ''],
  ['\\\\N', text, '\\N'],
  ['N', text, 'N'],
  ['a\\tb\\nc\\rd\\\\e\\bf\\fg\\vh', text, 'a\tb\nc\rd\\e\bf\fg\vh'],
  ['\\\\\\\\t', text, '\\\\t'],
  ['grün 鍵 🔑', text, 'grün 鍵 🔑'],
  [`${'long '.repeat(80)}ü`, text, `${'long '.repeat(80)}ü`],
  ['0', whole, '0'],
  ['-1', whole, '-1'],
  ['999999999999999', whole, '999999999999999'],
  ['-9007199254740991', whole, '-9007199254740991'],
  ['9007199254740992', whole, '9007199254740992'],
  ['-9223372036854775808', whole, '-9223372036854775808'],
  ['t', boolean, 't'],
  ['f', boolean, 'f'],
  ['\\\\x00ff5c', bytes, '\\x00ff5c'],
  ['\\\\x', bytes, '\\x'],
  ['1.50', decimal, '1.50'],
  ['NaN', decimal, 'NaN'],
  ['-0', real, '-0'],
  ['1e+300', real, '1e+300'],
  ['Infinity', real, 'Infinity'],
];
const types = fields.map(([, type]) => type);
const line = Buffer.from(`${fields.map(([field]) => field).join('\t')}\n`);

function builderFor(width: number): TableBuilder {
  const columns = Array.from({ length: width }, (_, index) => `c${index}`);
  const shape = { table: 't', columns, key: [], computed: [], generated: [] };
  return new TableBuilder(shape, { rowsImagedMax: 100, imagedBytesMax: 100_000 }, sha256);
}

test('a copied row has the cells of a queried one, and is written as these', () => {
  const rows = new CopiedRows(fields.length);
  for (let count = 0; count < 40; count += 1) rows.add(line);
  const row = new CopiedRow(rows, types);
  const expected = fields.map(([, type, value]): Cell => ({ ...toCell(value, type) }));
  const [copied, queried] = [builderFor(fields.length), builderFor(fields.length)];
  for (row.at = 0; row.at < rows.count; row.at += 1) {
    expect(row.cells()).toEqual(expected);
    copied.addImages(row, null);
    queried.add({ before: expected, after: null });
  }
  expect(copied.finish()).toEqual(queried.finish());
});

test('bytes that are not UTF-8 are what a query makes of them', () => {
  const bad = Buffer.from([0x61, 0xff, 0x09, 0xe2, 0x82, 0x09, 0xc3, 0xbc, 0x0a]);
  const rows = new CopiedRows(3);
  rows.add(bad);
  const row = new CopiedRow(rows, [text, text, text]);
  const values = [bad.subarray(0, 2), bad.subarray(3, 5), bad.subarray(6, 8)].map(String);
  expect(row.cells()).toEqual(values.map((value) => ({ type: 'text', value })));
  const builder = builderFor(3);
  builder.addImages(null, row);
  expect(builder.count).toBe(1);
});

test('fields beyond those of the table are no cells, and a row of none is one', () => {
  const placed = new CopiedRows(1, 1);
  placed.add(Buffer.from('a\t(0,1)\n'));
  expect(new CopiedRow(placed, [text]).cells()).toEqual([{ type: 'text', value: 'a' }]);
  expect(placed.raw(0, 1)).toBe('(0,1)');
  const empty = new CopiedRows(0);
  empty.add(Buffer.from('\n'));
  expect([empty.count, new CopiedRow(empty, []).cells()]).toEqual([1, []]);
});

test('a line of another number of fields is refused', () => {
  for (const other of ['a\n', 'a\tb\tc\n', 'a\tb\tc\td\te\n', 'a\tb', '\n']) {
    expect(() => {
      new CopiedRows(2).add(Buffer.from(other));
    }).toThrow('row has other fields');
  }
});
