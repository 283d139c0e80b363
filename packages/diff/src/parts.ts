import { sha256 } from '@countersign/codec';
import type { HashFunction } from './diff.ts';
import type { Diff, RowChange, SchemaChange, Setting, TableDiff } from './diff.ts';
import type { Row } from './cell.ts';
import { checkDiff, quoteName } from './check.ts';
import { DiffError } from './diff-error.ts';
import type { Part, TableHead } from './schemas.ts';

/** What becomes of values that the engine made up in inserted rows, which the digest does not cover. */
export type GeneratedValues =
  /** Written as null, and refused otherwise when read: for what is shown to an approver. */
  | 'blank'
  /** Kept: for the executor's own store. */
  | 'keep';

/** Returns the diff as a flat list: summary, settings, what was not previewed, schema, then each table and its rows. */
export function toParts(diff: Diff, generated: GeneratedValues): Part[] {
  const parts: Part[] = [{ type: 'summary', value: { complete: diff.complete } }];
  for (const setting of diff.environment) parts.push({ type: 'setting', value: setting });
  for (const value of diff.notPreviewed) parts.push({ type: 'unseen', value });
  for (const value of diff.schema) parts.push({ type: 'schema', value });
  for (const [place, { changes, ...head }] of diff.tables.entries()) {
    parts.push({ type: 'table', value: head });
    for (const change of changes) {
      const shown = generated === 'blank' ? blank(change, head) : change;
      parts.push({ type: 'row', value: { table: place, change: shown } });
    }
  }
  return parts;
}

/**
 * Returns the diff that a list of parts makes, after checking that its pieces agree.
 * @throws DiffError `diff/bad-table`, `diff/bad-change`, `diff/rows-hash-mismatch`, `diff/unbound-value`
 */
export function fromParts(
  parts: readonly Part[],
  generated: GeneratedValues,
  hash: HashFunction = sha256,
): Diff {
  const assembly = new Assembly(generated);
  for (const part of parts) assembly.add(part);
  return checkDiff(assembly.finish(), hash);
}

const partOrder = ['summary', 'setting', 'unseen', 'schema', 'table', 'row'] as const;

class Assembly {
  readonly #generated: GeneratedValues;
  readonly #environment: Setting[] = [];
  readonly #notPreviewed: string[] = [];
  readonly #schema: SchemaChange[] = [];
  readonly #tables: { head: TableHead; changes: RowChange[] }[] = [];
  #complete: boolean | undefined;
  #stage = 0;

  constructor(generated: GeneratedValues) {
    this.#generated = generated;
  }

  add(part: Part): void {
    const stage = partOrder.indexOf(part.type === 'row' ? 'table' : part.type);
    if (stage < this.#stage || (this.#complete === undefined) !== (part.type === 'summary')) {
      throw new DiffError('diff/bad-table', `part '${part.type}' stands out of order`);
    }
    this.#stage = stage;
    switch (part.type) {
      case 'summary':
        this.#complete = part.value.complete;
        return;
      case 'setting':
        this.#environment.push(part.value);
        return;
      case 'unseen':
        this.#notPreviewed.push(part.value);
        return;
      case 'schema':
        this.#schema.push(part.value);
        return;
      case 'table':
        this.#tables.push({ head: part.value, changes: [] });
        return;
      case 'row':
        this.#addRow(part.value.table, part.value.change);
        return;
    }
  }

  #addRow(place: number, change: RowChange): void {
    const table = this.#tables.at(-1);
    if (table === undefined || place !== this.#tables.length - 1) {
      throw new DiffError('diff/bad-table', `row of table number ${place} stands out of order`);
    }
    const { head } = table;
    if (this.#generated === 'blank' && change !== blank(change, head)) {
      throw new DiffError(
        'diff/unbound-value',
        `a row of table ${quoteName(head.table)} carries a generated value that no digest covers`,
        { table: head.table },
      );
    }
    table.changes.push(change);
  }

  finish(): Diff {
    if (this.#complete === undefined) {
      throw new DiffError('diff/bad-table', 'no part, expected a summary first');
    }
    const tables = this.#tables.map(({ head, changes }): TableDiff => ({ ...head, changes }));
    return {
      tables,
      schema: this.#schema,
      notPreviewed: this.#notPreviewed,
      complete: this.#complete,
      environment: this.#environment,
    };
  }
}

/** The change with its unbound values as null; the same object when it has none. */
function blank(change: RowChange, table: Pick<TableDiff, 'generated'>): RowChange {
  const { before, after } = change;
  if (before !== null || after === null) return change;
  if (table.generated.every((index) => (after[index]?.type ?? 'null') === 'null')) return change;
  const masked: Row = after.map((cell, index) => (table.generated.includes(index) ? { type: 'null' } : cell));
  return { before, after: masked };
}
