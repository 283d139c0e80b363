import { sha256 } from '@countersign/codec';
import type { Row } from './cell.ts';
import type { Diff, HashFunction, RowChange, TableDiff, UndoStatement } from './diff.ts';
import { DiffError } from './diff-error.ts';
import { quoteName } from './check.ts';
import { hashChanges, sameRows } from './table-builder.ts';

/** How the target writes names and placeholders. */
export type UndoDialect = 'sqlite' | 'postgres' | 'mysql' | 'mariadb';

export interface UndoOptions {
  readonly dialect: UndoDialect;
  /** Table names, referenced tables before those that refer to them; tables not named come last. */
  readonly parentsFirst?: readonly string[];
}

/**
 * What a diff names as not previewed when rows took their numbers from AUTO_INCREMENT. It moves whether or not anything is
 * committed, and by nothing else; an undo leaves it as a rollback does.
 */
export function autoIncrementMoves(table: string): string {
  return `AUTO_INCREMENT counter of table ${table} moves, also when nothing is committed`;
}

/**
 * Returns statements that undo a diff: deletes of new rows (children first), updates back, inserts
 * of old rows (parents first), each naming its row by key. The text holds no data, the parameters
 * hold old data. Triggers and cascades fire again when they run: compare the dry run of the
 * undo with `invertDiff`.
 * @throws DiffError `undo/…`
 */
export function undoStatements(diff: Diff, options: UndoOptions): UndoStatement[] {
  refuseUninvertible(diff);
  const rank = new Map((options.parentsFirst ?? []).map((table, index) => [table, index]));
  const last = rank.size;
  const tables = diff.tables.toSorted((a, b) => (rank.get(a.table) ?? last) - (rank.get(b.table) ?? last));
  const writers = tables.map((table) => ({ table, write: new UndoWriter(table, options.dialect) }));
  const each = (
    list: readonly { readonly table: TableDiff; readonly write: UndoWriter }[],
    make: (write: UndoWriter, change: RowChange) => UndoStatement | undefined,
  ): UndoStatement[] =>
    list.flatMap(({ table, write }) => table.changes.flatMap((change) => make(write, change) ?? []));
  return [
    ...each(writers.toReversed(), (write, { before, after }) =>
      before === null && after !== null ? write.remove(after) : undefined,
    ),
    ...each(writers, (write, { before, after }) =>
      before !== null && after !== null ? write.restore(before, after) : undefined,
    ),
    ...each(writers, (write, { before, after }) =>
      before !== null && after === null ? write.insert(before) : undefined,
    ),
  ];
}

/** Returns the diff that a whole undo of this diff makes. Rows hashes of sampled tables cannot be told. */
export function invertDiff(diff: Diff, hash: HashFunction = sha256): Diff {
  refuseUninvertible(diff);
  return {
    ...diff,
    notPreviewed: [],
    tables: diff.tables.map((table) => {
      const changes = table.changes.map(({ before, after }) => ({ before: after, after: before }));
      const { inserted, deleted } = table;
      const rowsHash = hashChanges(changes, [], hash);
      return { ...table, inserted: deleted, deleted: inserted, generated: [], rowsHash, changes };
    }),
  };
}

function refuseUninvertible(diff: Diff): void {
  if (diff.schema.length > 0) {
    throw new DiffError('undo/schema-changed', 'the schema changed, expected changes of rows only');
  }
  const counters = diff.tables.map(({ table }) => autoIncrementMoves(table));
  if (diff.notPreviewed.some((text) => !counters.includes(text))) {
    throw new DiffError('undo/not-previewed', 'part of the effect was not previewed');
  }
  if (!diff.complete) {
    throw new DiffError('undo/incomplete', 'the diff holds a sample, expected every changed row');
  }
}

class UndoWriter {
  readonly #table: TableDiff;
  readonly #dialect: UndoDialect;

  constructor(table: TableDiff, dialect: UndoDialect) {
    this.#table = table;
    this.#dialect = dialect;
  }

  remove(after: Row): UndoStatement {
    const { where, params } = this.#where(after, 1);
    return { sql: `DELETE FROM ${this.#tableName()} WHERE ${where}`, params };
  }

  restore(before: Row, after: Row): UndoStatement | undefined {
    const changed = this.#writable().filter((index) => !sameAt(before, after, index));
    if (changed.length === 0) return undefined;
    const set = changed.map((index, place) => `${this.#column(index)} = ${this.#mark(place + 1)}`);
    const { where, params } = this.#where(after, changed.length + 1);
    return {
      sql: `UPDATE ${this.#tableName()} SET ${set.join(', ')} WHERE ${where}`,
      params: [...pick(before, changed), ...params],
    };
  }

  insert(before: Row): UndoStatement {
    const indexes = this.#writable();
    const columns = indexes.map((index) => this.#column(index)).join(', ');
    const marks = indexes.map((_, place) => this.#mark(place + 1)).join(', ');
    return {
      sql: `INSERT INTO ${this.#tableName()} (${columns}) ${this.#overriding()}VALUES (${marks})`,
      params: pick(before, indexes),
    };
  }

  /** PostgreSQL takes a value for a column GENERATED ALWAYS AS IDENTITY only with these words; elsewhere they mean nothing. */
  #overriding(): string {
    return this.#dialect === 'postgres' ? 'OVERRIDING SYSTEM VALUE ' : '';
  }

  #writable(): number[] {
    return [...this.#table.columns.keys()].filter((index) => !this.#table.computed.includes(index));
  }

  #where(row: Row, first: number): { where: string; params: Row } {
    const { key, table } = this.#table;
    if (key.length === 0) {
      throw new DiffError('undo/no-key', `no key names a row of table ${quoteName(table)}`, { table });
    }
    const params = pick(row, key);
    // A digest binds no value that the engine made: where nobody saw the run, the diff has a null in its place.
    if (key.some((index) => this.#table.generated.includes(index) && row[index]?.type === 'null')) {
      throw new DiffError(
        'undo/key-made',
        `the database made the key of a row of table ${quoteName(table)} when it ran, and that is not known here`,
        { table },
      );
    }
    if (params.some((cell) => cell.type === 'null')) {
      throw new DiffError('undo/key-null', `a row of table ${quoteName(table)} has a null in its key`, {
        table,
      });
    }
    const where = key.map((index, place) => `${this.#column(index)} = ${this.#mark(first + place)}`);
    return { where: where.join(' AND '), params };
  }

  #column(index: number): string {
    return this.#name(this.#table.columns[index] ?? '');
  }

  /** SQLite's tables are named as they are; the others' with their schema, each part in quotes where it must be; here each is. */
  #tableName(): string {
    const { table } = this.#table;
    if (this.#dialect === 'sqlite') return this.#name(table);
    const parts = table.matchAll(/"((?:[^"]|"")*)"|([^".]+)/g);
    return [...parts]
      .map(([, quoted, plain]) => this.#name(quoted?.replaceAll('""', '"') ?? plain ?? ''))
      .join('.');
  }

  /** The name, quoted whole. */
  #name(name: string): string {
    switch (this.#dialect) {
      case 'mysql':
      case 'mariadb':
        return `\`${name.replaceAll('`', '``')}\``;
      case 'sqlite':
      case 'postgres':
        return `"${name.replaceAll('"', '""')}"`;
    }
  }

  #mark(place: number): string {
    return this.#dialect === 'postgres' ? `$${place}` : '?';
  }
}

function pick(row: Row, indexes: readonly number[]): Row {
  return indexes.map((index) => row[index] ?? { type: 'null' });
}

function sameAt(a: Row, b: Row, index: number): boolean {
  return sameRows(pick(a, [index]), pick(b, [index]));
}
