import { compareBytes, encode, equalBytes, sha256, toHex, utf8 } from '@countersign/codec';
import type { Value } from '@countersign/codec';
import type { Diff, Hash, HashFunction, SchemaChange, TableDiff } from './diff.ts';
import { DiffError } from './diff-error.ts';
import { hashChanges } from './table-builder.ts';

const tablePrefix = 2;
const schemaPrefix = 3;
const diffPrefix = 4;

/**
 * Returns the digest of a diff (docs/spec/diff.md): the same for the same changes in any order.
 * It covers every row changed (through each table's rows hash), the images shown, counts, columns,
 * schema changes, what was not previewed, and the environment.
 * @throws DiffError `diff/bad-cell`
 */
export function digest(diff: Diff, hash: HashFunction = sha256): Hash {
  const tables = diff.tables.map((table) => hashTable(table, hash)).sort(compareBytes);
  const schema = diff.schema.map((change) => hashSchemaChange(change, hash)).sort(compareBytes);
  return prefixed(hash, diffPrefix, [
    1,
    hash(concat(tables)),
    hash(concat(schema)),
    diff.notPreviewed.toSorted(compareText),
    diff.complete,
    diff.environment.toSorted(([a], [b]) => compareText(a, b)),
  ]);
}

/**
 * Returns the diff when it gives the digest expected.
 * @throws DiffError `diff/digest-mismatch`
 */
export function verifyDigest(diff: Diff, expected: Hash, hash: HashFunction = sha256): Diff {
  const actual = digest(diff, hash);
  if (!equalBytes(actual, expected)) {
    throw new DiffError(
      'diff/digest-mismatch',
      `digest of the diff is ${toHex(actual)}, expected ${toHex(expected)}`,
    );
  }
  return diff;
}

function hashTable(table: TableDiff, hash: HashFunction): Hash {
  const shown = hashChanges(table.changes, table.generated, hash);
  return prefixed(hash, tablePrefix, [
    table.table,
    table.columns,
    table.key,
    table.computed,
    table.generated,
    table.inserted,
    table.updated,
    table.deleted,
    table.rowsHash,
    shown,
  ]);
}

function hashSchemaChange(change: SchemaChange, hash: HashFunction): Hash {
  return prefixed(hash, schemaPrefix, [change.object, change.name, change.before, change.after]);
}

function prefixed(hash: HashFunction, prefix: number, value: Value): Hash {
  return hash(concat([Uint8Array.of(prefix), encode(value)]));
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Orders texts by their UTF-8 bytes. */
export function compareText(a: string, b: string): number {
  return compareBytes(utf8(a), utf8(b));
}
