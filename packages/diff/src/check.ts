import { equalBytes, sha256 } from '@countersign/codec';
import type { Diff, HashFunction, RowChange, TableDiff } from './diff.ts';
import { DiffError } from './diff-error.ts';
import { compareText } from './digest.ts';
import { hashChanges, sameRows } from './table-builder.ts';

/**
 * Returns the diff when its parts agree with each other: counts with images, widths with columns,
 * each complete table's rows hash with its rows, `complete` with the tables.
 * @throws DiffError `diff/bad-table`, `diff/bad-change`, `diff/rows-hash-mismatch`
 */
export function checkDiff(diff: Diff, hash: HashFunction = sha256): Diff {
  let previous: string | undefined;
  let complete = true;
  for (const table of diff.tables) {
    if (previous !== undefined && compareText(previous, table.table) >= 0) {
      throw bad(table, 'stands out of order or twice, expected tables ascending by name');
    }
    previous = table.table;
    complete = checkTable(table, hash) && complete;
  }
  if (diff.complete && !complete) {
    throw new DiffError('diff/bad-table', 'diff says complete but a table holds a sample only');
  }
  return diff;
}

/** Whether the table images every row it counts. */
function checkTable(table: TableDiff, hash: HashFunction): boolean {
  const width = table.columns.length;
  for (const indexes of [table.key, table.computed, table.generated]) {
    if (indexes.some((index, place) => index >= width || indexes.indexOf(index) !== place)) {
      throw bad(table, `names a column index twice or beyond its ${width} columns`);
    }
  }
  if (table.rowsHash.length !== 32) throw bad(table, 'has a rows hash of another length than 32 bytes');
  const counts = { inserted: 0, updated: 0, deleted: 0 };
  for (const change of table.changes) counts[kindOf(change, table)] += 1;
  const total = table.inserted + table.updated + table.deleted;
  if (total === 0) throw bad(table, 'changes no row, expected at least one');
  if (counts.inserted > table.inserted || counts.updated > table.updated || counts.deleted > table.deleted) {
    throw bad(table, 'images more rows than it counts');
  }
  if (table.changes.length < total) return false;
  if (!equalBytes(hashChanges(table.changes, table.generated, hash), table.rowsHash)) {
    throw new DiffError(
      'diff/rows-hash-mismatch',
      `rows of table ${quoteName(table.table)} do not give its rows hash`,
      { table: table.table },
    );
  }
  return true;
}

/** @throws DiffError `diff/bad-change` */
function kindOf(change: RowChange, table: TableDiff): 'inserted' | 'updated' | 'deleted' {
  const { before, after } = change;
  const width = table.columns.length;
  if ((before !== null && before.length !== width) || (after !== null && after.length !== width)) {
    throw badChange(table, `has another width than its ${width} columns`);
  }
  if (before === null) {
    if (after === null) throw badChange(table, 'has neither an old nor a new image');
    return 'inserted';
  }
  if (after === null) return 'deleted';
  if (sameRows(before, after)) throw badChange(table, 'changes nothing');
  return 'updated';
}

function bad(table: TableDiff, fact: string): DiffError {
  return new DiffError('diff/bad-table', `table ${quoteName(table.table)} ${fact}`, {
    table: table.table,
  });
}

function badChange(table: TableDiff, fact: string): DiffError {
  return new DiffError('diff/bad-change', `a row of table ${quoteName(table.table)} ${fact}`, {
    table: table.table,
  });
}

/** The name in quotes, cut at 64 characters, everything but plain printable ASCII escaped. */
export function quoteName(name: string): string {
  const cut = name.length > 64 ? `${name.slice(0, 63)}…` : name;
  return `'${cut.replace(/[^ -~…]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`)}'`;
}
