import { compareBytes, equalBytes } from '@countersign/codec';
import type { Cell, Row } from './cell.ts';
import type { Hash, HashFunction, RowChange, TableDiff } from './diff.ts';
import { DiffError } from './diff-error.ts';
import { RowsHash } from './rows-hash.ts';
import { RowWriter } from './row-bytes.ts';
import type { RowImage } from './row-bytes.ts';

/** What is known of a table before its rows are. */
export type TableShape = Pick<TableDiff, 'table' | 'columns' | 'key' | 'computed' | 'generated'>;

/** How much of a table's changes is kept; all of them are counted and hashed. */
export interface ImageLimits {
  /** Changed rows above which only this many are kept. */
  readonly rowsImagedMax: number;
  /** Bytes of records above which fewer are kept. */
  readonly imagedBytesMax: number;
}

interface Kept {
  readonly leaf: Hash;
  readonly order: number;
  readonly bytes: number;
  readonly change: RowChange;
}

export const leafPrefix = 0;

/**
 * Collects the changes of one table as they stream by: counts and hashes all, keeps all or, above
 * the limits, those with the lowest leaf hashes. Nobody picks that sample, and two runs over the
 * same changes in any order keep the same one.
 */
export class TableBuilder {
  readonly #shape: TableShape;
  readonly #limits: ImageLimits;
  readonly #hash: HashFunction;
  readonly #rows: RowsHash;
  readonly #writer = new RowWriter();
  #kept: Kept[] = [];
  #keptBytes = 0;
  /** The lowest leaf dropped so far: whatever sorts at or above it is out as well. */
  #ceiling: Hash | undefined;
  #counts = { inserted: 0, updated: 0, deleted: 0 };

  constructor(shape: TableShape, limits: ImageLimits, hash: HashFunction) {
    this.#shape = shape;
    this.#limits = limits;
    this.#hash = hash;
    this.#rows = new RowsHash(hash);
  }

  get count(): number {
    return this.#rows.count;
  }

  /** Changes of each kind so far. */
  get counts(): Pick<TableDiff, 'inserted' | 'updated' | 'deleted'> {
    return this.#counts;
  }

  /**
   * Adds a change. Where its cells are used again for the next one, `keep` returns a copy that stays.
   * @throws DiffError `diff/bad-cell`
   */
  add(change: RowChange, keep: (change: RowChange) => RowChange = (same) => same): void {
    const record = this.#writer.change(change, this.#shape.generated, leafPrefix);
    const leaf = this.#count(record, change.before !== null, change.after !== null);
    if (this.#isLow(leaf)) this.#keep(leaf, record.length, keep(change));
  }

  /**
   * Adds a change in an engine's own form. INVARIANT: what is kept to be shown gives the very leaf that is bound.
   * @throws DiffError `diff/bad-cell`, `diff/bad-change` when its cells are not those that were written
   */
  addImages(before: RowImage | null, after: RowImage | null): void {
    const record = this.#writer.images(before, after, this.#shape.generated, leafPrefix);
    const { length } = record;
    const leaf = this.#count(record, before !== null, after !== null);
    if (!this.#isLow(leaf)) return;
    const change = { before: before?.cells() ?? null, after: after?.cells() ?? null };
    if (!equalBytes(leaf, this.#hash(this.#writer.change(change, this.#shape.generated, leafPrefix)))) {
      throw new DiffError('diff/bad-change', 'a row was written with other cells than it has', {
        table: this.#shape.table,
      });
    }
    this.#keep(leaf, length, change);
  }

  /** Counts and binds a change by its record, and returns its leaf. */
  #count(record: Uint8Array, hasBefore: boolean, hasAfter: boolean): Hash {
    const leaf = this.#hash(record);
    if (!hasBefore) this.#counts.inserted += 1;
    else if (!hasAfter) this.#counts.deleted += 1;
    else this.#counts.updated += 1;
    this.#rows.add(leaf);
    return leaf;
  }

  #isLow(leaf: Hash): boolean {
    return this.#ceiling === undefined || compareBytes(leaf, this.#ceiling) < 0;
  }

  #keep(leaf: Hash, bytes: number, change: RowChange): void {
    this.#kept.push({ leaf, order: this.#rows.count, bytes, change });
    this.#keptBytes += bytes;
    const { rowsImagedMax, imagedBytesMax } = this.#limits;
    if (this.#kept.length > 2 * rowsImagedMax || this.#keptBytes > 2 * imagedBytesMax) {
      this.#trim(rowsImagedMax, imagedBytesMax);
    }
  }

  /** The table's diff; `imagedBytesMax` lowers the limit on bytes when tables must share it. */
  finish(imagedBytesMax: number = this.#limits.imagedBytesMax): TableDiff {
    this.#trim(this.#limits.rowsImagedMax, imagedBytesMax);
    const changes = this.#kept.toSorted((a, b) => a.order - b.order).map((one) => one.change);
    return { ...this.#shape, ...this.#counts, rowsHash: this.#rows.finish(), changes };
  }

  /** Keeps the longest run of lowest leaves that fits. */
  #trim(rowsMax: number, bytesMax: number): void {
    if (this.#kept.length <= rowsMax && this.#keptBytes <= bytesMax) return;
    const sorted = this.#kept.toSorted((a, b) => compareBytes(a.leaf, b.leaf));
    let bytes = 0;
    let end = 0;
    for (const one of sorted) {
      if (end >= rowsMax || bytes + one.bytes > bytesMax) break;
      bytes += one.bytes;
      end += 1;
    }
    this.#ceiling = sorted[end]?.leaf ?? this.#ceiling;
    this.#kept = sorted.slice(0, end);
    this.#keptBytes = bytes;
  }
}

/** Leaf hash of one change. */
export function hashLeaf(change: RowChange, generated: readonly number[], hash: HashFunction): Hash {
  return hash(new RowWriter().change(change, generated, leafPrefix));
}

/** Rows hash of the changes given. */
export function hashChanges(
  changes: readonly RowChange[],
  generated: readonly number[],
  hash: HashFunction,
): Hash {
  const rows = new RowsHash(hash);
  const writer = new RowWriter();
  for (const change of changes) rows.add(hash(writer.change(change, generated, leafPrefix)));
  return rows.finish();
}

/** Whether two rows hold the same cells of the same types. */
export function sameRows(a: Row, b: Row): boolean {
  return a.length === b.length && a.every((cell, index) => sameCell(cell, b[index]));
}

function sameCell(a: Cell, b: Cell | undefined): boolean {
  if (b === undefined) return false;
  if (a.type === 'null' || b.type === 'null') return a.type === b.type;
  if (a.type === 'bytes' || b.type === 'bytes') {
    return a.type === 'bytes' && b.type === 'bytes' && equalBytes(a.value, b.value);
  }
  return a.type === b.type && a.value === b.value;
}
