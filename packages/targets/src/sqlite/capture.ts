import { TableBuilder, sameRows } from '@countersign/diff';
import type { DryRunLimits } from '../target.ts';
import { sha256 } from '../sha256.ts';
import { TargetError } from '../target-error.ts';
import type { Connection } from './connection.ts';
import type { Observed, Observer } from './observer.ts';
import { SuspectText, readQuick, readRows } from './row-reader.ts';
import type { RowQuery } from './row-reader.ts';
import { identityOf, shownColumns } from './table-shapes.ts';
import type { TableShape } from './table-shapes.ts';
import { quoteName } from './values.ts';
import { ValuesImage, sameValues } from './values-image.ts';

/** One table and the scratch table that holds the first old image of each row touched. */
interface Log {
  readonly shape: TableShape;
  readonly name: string;
}

/**
 * Watches rows by temporary triggers on every table. Each trigger notes, once for each row touched,
 * what the row was before; what it is now is read from the table itself at the end, so that
 * the diff is a function of the two states and not of the way between them.
 *
 * INVARIANT: temporary triggers of a table run before its own ones, so the first note about a row is
 * its state before the first change. `recursive_triggers` is on, or rows that REPLACE deletes
 * would go unseen. Later notes are dropped by ON CONFLICT DO NOTHING and not by OR IGNORE, because the conflict clause of the
 * statement outside replaces that of a statement in a trigger, which it does not with the former.
 */
export class CaptureObserver implements Observer {
  readonly #connection: Connection;
  readonly #limits: DryRunLimits;
  readonly #logs: readonly Log[];
  #notText = false;

  constructor(connection: Connection, tables: readonly TableShape[], limits: DryRunLimits) {
    this.#connection = connection;
    this.#limits = limits;
    this.#logs = tables.map((shape, index) => ({ shape, name: `${connection.prefix}${index}` }));
    const pages = Math.max(64, Math.ceil(limits.bytesMax / 4096));
    connection.first(`PRAGMA temp.max_page_count = ${pages}`);
    // Full-text shadow tables take no trigger from a defensive connection; ours only watch.
    connection.database.enableDefensive(false);
    for (const log of this.#logs) for (const sql of installSql(log)) connection.run(sql);
    connection.database.enableDefensive(true);
  }

  check(): void {
    const counts = this.#logs.map(({ name }) => this.#count(name));
    const touched = counts.reduce((sum, count) => sum + count, 0);
    if (touched > this.#limits.rowsMax) {
      throw new TargetError(
        'limit/rows',
        `statements touch ${touched} rows, expected at most ${this.#limits.rowsMax}`,
      );
    }
  }

  finish(made: ReadonlyMap<TableShape, readonly number[]>): Observed {
    this.check();
    const touched = this.#logs.filter(({ name }) => this.#count(name) > 0);
    const filled = touched.map((log) => ({ log, builder: this.#collect(log, made.get(log.shape) ?? []) }));
    const changed = filled.filter(({ builder }) => builder.count > 0);
    const share = Math.floor(this.#limits.imagedBytesMax / Math.max(1, changed.length));
    const tables = changed.map(({ builder }) => builder.finish(share));
    const notPreviewed = this.#notText ? [notTextNote] : [];
    return { tables, notPreviewed };
  }

  close(): void {
    // The scratch tables go with the transaction, or with the connection.
  }

  #count(table: string): number {
    return Number(this.#connection.first(`SELECT count(*) FROM ${quoteName(table)}`));
  }

  #collect(log: Log, generated: readonly number[]): TableBuilder {
    const { columns, key, computed } = shownColumns(log.shape);
    const shape = { table: log.shape.name, columns, key, computed, generated };
    try {
      const builder = new TableBuilder(shape, this.#limits, sha256);
      this.#collectQuick(log, builder);
      return builder;
    } catch (cause) {
      if (!(cause instanceof SuspectText)) throw cause;
      const builder = new TableBuilder(shape, this.#limits, sha256);
      this.#collectExact(log, builder);
      return builder;
    }
  }

  #collectQuick(log: Log, builder: TableBuilder): void {
    const { length: width } = shownColumns(log.shape).columns;
    const query = joinQuery(log);
    const [old, now] = [query.lead.length, query.lead.length + width];
    const before = new ValuesImage(old, width);
    const after = new ValuesImage(now, width);
    readQuick(this.#connection, query, (values) => {
      const [was, is] = [values[0] === 1n, values[1] === 1n];
      if (was && is ? sameValues(values, old, now, width) : was === is) return;
      before.values = after.values = values;
      builder.addImages(was ? before : null, is ? after : null);
    });
  }

  #collectExact(log: Log, builder: TableBuilder): void {
    const { columns } = shownColumns(log.shape);
    for (const { lead, cells, notText } of readRows(this.#connection, joinQuery(log), 'exact')) {
      const before = lead[0] === 1n ? cells.slice(0, columns.length) : null;
      const after = lead[1] === 1n ? cells.slice(columns.length) : null;
      if (before === null && after === null) continue;
      const [oldOdd, newOdd] = [
        notText.filter((at) => at < columns.length),
        notText.filter((at) => at >= columns.length),
      ];
      const sameOdd = oldOdd.join() === newOdd.map((at) => at - columns.length).join();
      if (before !== null && after !== null && sameOdd && sameRows(before, after)) continue;
      builder.add({ before, after });
      this.#notText ||= notText.length > 0;
    }
  }
}

export const notTextNote = 'text that is not Unicode is shown as bytes';

/**
 * The scratch table and the triggers of one table. The old image is read from the table itself before
 * the change: looking for children of a foreign key converts the registers behind `OLD` in place, so
 * that an AFTER trigger may see another type than was stored. The scratch keys have the
 * affinity of the table's for the same reason, and compare byte for byte.
 */
function installSql({ shape, name }: Log): string[] {
  const { parts, affinities, byRowid } = identityOf(shape);
  const { expressions } = shownColumns(shape);
  const table = `main.${quoteName(shape.name)}`;
  const keys = parts.map((_, index) => `k${index}`);
  const images = expressions.map((_, index) => `b${index}`);
  const declared = byRowid
    ? ['k0 INTEGER PRIMARY KEY']
    : keys.map((key, index) => `${key} ${affinities[index] ?? ''}`);
  const unique = byRowid ? [] : [`PRIMARY KEY (${keys.join(', ')})`];
  const found = parts.map((part) => `t.${part} = OLD.${part}`).join(' AND ');
  const noteOld =
    `INSERT INTO ${name} (${[...keys, 'was', ...images].join(', ')}) ` +
    `SELECT ${[...parts, '1', ...expressions].map((one) => (one === '1' ? one : `t.${one}`)).join(', ')} ` +
    `FROM ${table} AS t WHERE ${found} ON CONFLICT DO NOTHING;`;
  const noteNew =
    `INSERT INTO ${name} (${[...keys, 'was'].join(', ')}) ` +
    `VALUES (${[...parts.map((part) => `NEW.${part}`), '0'].join(', ')}) ON CONFLICT DO NOTHING;`;
  const trigger = (when: string, event: string, body: string, guard = ''): string =>
    `CREATE TEMP TRIGGER ${name}_${when}_${event} ${when} ${event} ON ${table} ${guard} BEGIN ${body} END`;
  // A row that keeps its row id was noted before its update. Other keys may be shown converted: they are looked up.
  const moved = byRowid ? parts.map((part) => `WHEN OLD.${part} IS NOT NEW.${part}`).join('') : '';
  return [
    `CREATE TEMP TABLE ${name} (${[...declared, 'was INTEGER', ...images, ...unique].join(', ')})`,
    trigger('BEFORE', 'DELETE', noteOld),
    trigger('BEFORE', 'UPDATE', noteOld),
    trigger('AFTER', 'INSERT', noteNew),
    trigger('AFTER', 'UPDATE', noteNew, moved),
  ];
}

/** Each row noted, its old image, and what it is now. */
function joinQuery({ shape, name }: Log): RowQuery {
  const { parts, byRowid } = identityOf(shape);
  const { expressions } = shownColumns(shape);
  // The table's own collation finds the row, the binary one makes sure that it is the same.
  const same = parts.map((part, index) =>
    byRowid ? `t.${part} = l.k${index}` : `t.${part} = l.k${index} AND l.k${index} = t.${part}`,
  );
  return {
    lead: ['l.was', `t.${parts[0] ?? ''} IS NOT NULL`],
    cells: [...expressions.map((_, index) => `l.b${index}`), ...expressions.map((one) => `t.${one}`)],
    rest:
      `FROM ${name} AS l LEFT JOIN main.${quoteName(shape.name)} AS t ON ${same.join(' AND ')} ` +
      `ORDER BY ${parts.map((_, index) => `l.k${index}`).join(', ')}`,
  };
}
