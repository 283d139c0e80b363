import { TableBuilder, sameRows } from '@countersign/diff';
import type { Cell, Row } from '@countersign/diff';
import type { DryRunLimits } from '../target.ts';
import { sha256 } from '../sha256.ts';
import { TargetError } from '../target-error.ts';
import { notTextNote } from './capture.ts';
import type { Connection } from './connection.ts';
import type { Guard } from './guard.ts';
import type { Observed, Observer } from './observer.ts';
import { SuspectText, readRows } from './row-reader.ts';

import { identityOf, readShapes, shownColumns } from './table-shapes.ts';
import type { TableShape } from './table-shapes.ts';
import { quoteName } from './values.ts';

/** Text that is not Unicode stands in a changed row. */
interface Oddities {
  notText: boolean;
}

interface Side {
  readonly connection: Connection;
  readonly shape: TableShape;
}

/** A table as it was and as it is; one of the two is there. */
interface Pair {
  readonly name: string;
  readonly old: Side | undefined;
  readonly now: Side | undefined;
}

/**
 * Watches rows when statements change the schema, which triggers do not survive: a second
 * connection keeps the state before (it reads while the first holds the write lock), and the tables are compared
 * row by row at the end. Its cost is that of reading the tables, so it is bounded; tables left
 * out are named.
 */
export class ScanObserver implements Observer {
  readonly #old: Connection;
  readonly #now: Connection;
  readonly #guard: Guard;
  readonly #limits: DryRunLimits;

  constructor(now: Connection, old: Connection, guard: Guard, limits: DryRunLimits) {
    this.#now = now;
    this.#old = old;
    this.#guard = guard;
    this.#limits = limits;
    // Pages spilled into the file would need the lock that shuts the second connection out.
    now.run('PRAGMA cache_spill = OFF');
    old.run('BEGIN');
    old.first('SELECT count(*) FROM sqlite_schema');
  }

  check(): void {
    // Rows are counted at the end: a schema change may drop a table without touching its rows one by one.
  }

  finish(): Observed {
    const oddities: Oddities = { notText: false };
    const { compared, left } = this.#choose(this.#pairs());
    const filled = compared.map((pair) => compareTable(pair, this.#limits, oddities));
    const changed = filled.filter((builder) => builder.count > 0);
    const total = changed.reduce((sum, builder) => sum + builder.count, 0);
    if (total > this.#limits.rowsMax) {
      throw new TargetError(
        'limit/rows',
        `statements change ${total} rows, expected at most ${this.#limits.rowsMax}`,
      );
    }
    const share = Math.floor(this.#limits.imagedBytesMax / Math.max(1, changed.length));
    const tables = changed.map((builder) => builder.finish(share));
    const notPreviewed = left.map((pair) => leftNote(pair));
    if (oddities.notText) notPreviewed.push(notTextNote);
    return { tables, notPreviewed };
  }

  close(): void {
    this.#old.close();
  }

  #pairs(): Pair[] {
    const old = new Map(readShapes(this.#old).tables.map((shape) => [shape.name, shape]));
    const now = new Map(readShapes(this.#now).tables.map((shape) => [shape.name, shape]));
    const names = [...new Set([...old.keys(), ...now.keys()])].sort();
    return names.map((name) => ({
      name,
      old: side(this.#old, old.get(name)),
      now: side(this.#now, now.get(name)),
    }));
  }

  /** All tables when they are small together; else those the engine says may be written, as far as they fit. */
  #choose(pairs: readonly Pair[]): { compared: Pair[]; left: Pair[] } {
    let room = this.#limits.rowsScannedMax;
    const compared: Pair[] = [];
    const left: Pair[] = [];
    const touched = (pair: Pair): boolean =>
      pair.old === undefined || pair.now === undefined || this.#guard.written.has(pair.name.toLowerCase());
    for (const pair of pairs.toSorted((a, b) => Number(touched(b)) - Number(touched(a)))) {
      const rows = countRows(pair.old) + countRows(pair.now);
      if (rows <= room) {
        room -= rows;
        compared.push(pair);
      } else left.push(pair);
    }
    return { compared: pairs.filter((pair) => compared.includes(pair)), left };
  }
}

function side(connection: Connection, shape: TableShape | undefined): Side | undefined {
  return shape === undefined ? undefined : { connection, shape };
}

function countRows(of: Side | undefined): number {
  if (of === undefined) return 0;
  return Number(of.connection.first(`SELECT count(*) FROM main.${quoteName(of.shape.name)}`));
}

function leftNote({ name, old, now }: Pair): string {
  return `rows of table ${name} (${countRows(old)} before, ${countRows(now)} after) were not compared`;
}

function compareTable(pair: Pair, limits: DryRunLimits, oddities: Oddities): TableBuilder {
  try {
    return compareAs(pair, limits, 'quick', oddities);
  } catch (cause) {
    if (!(cause instanceof SuspectText)) throw cause;
    return compareAs(pair, limits, 'exact', oddities);
  }
}

function compareAs(
  { name, old, now }: Pair,
  limits: DryRunLimits,
  form: 'quick' | 'exact',
  oddities: Oddities,
): TableBuilder {
  const oldShown = old === undefined ? undefined : shownColumns(old.shape);
  const nowShown = now === undefined ? undefined : shownColumns(now.shape);
  const columns = [...new Set([...(oldShown?.columns ?? []), ...(nowShown?.columns ?? [])])];
  const place = (shown: typeof oldShown, indexes: readonly number[]): number[] =>
    indexes.map((index) => columns.indexOf(shown?.columns[index] ?? ''));
  const key = place(nowShown ?? oldShown, (nowShown ?? oldShown)?.key ?? []);
  const computed = place(nowShown ?? oldShown, (nowShown ?? oldShown)?.computed ?? []);
  const builder = new TableBuilder({ table: name, columns, key, computed, generated: [] }, limits, sha256);
  const same = sameIdentity(old, now);
  const waiting = new Map<string, OwnRow>();
  const add = (before: OwnRow | null, after: OwnRow | null): void => {
    builder.add({ before: before?.row ?? null, after: after?.row ?? null });
    oddities.notText ||= [before, after].some((one) => one !== null && one.notText !== '[]');
  };
  for (const one of rowsOf(old, columns, form)) {
    waiting.set(same ? one.identity : `old ${one.identity}`, one);
  }
  for (const one of rowsOf(now, columns, form)) {
    const before = waiting.get(one.identity) ?? null;
    waiting.delete(one.identity);
    const unchanged = before?.notText === one.notText && sameRows(before.row, one.row);
    if (!unchanged) add(before, one);
  }
  for (const before of waiting.values()) add(before, null);
  return builder;
}

interface OwnRow {
  readonly identity: string;
  readonly row: Row;
  /** Names of the columns whose text is not Unicode. */
  readonly notText: string;
}

function sameIdentity(old: Side | undefined, now: Side | undefined): boolean {
  if (old === undefined || now === undefined) return true;
  const [a, b] = [identityOf(old.shape), identityOf(now.shape)];
  return a.byRowid === b.byRowid && (a.byRowid || a.parts.join() === b.parts.join());
}

/** Yields the rows of a table with the columns of both sides; a column that is not there yet, or no more, is null. */
function* rowsOf(
  of: Side | undefined,
  columns: readonly string[],
  form: 'quick' | 'exact',
): Generator<OwnRow> {
  if (of === undefined) return;
  const { parts } = identityOf(of.shape);
  const shown = shownColumns(of.shape);
  const places = columns.map((column) => shown.columns.indexOf(column));
  const query = {
    lead: [],
    cells: [...parts, ...shown.expressions],
    rest: `FROM main.${quoteName(of.shape.name)} ORDER BY ${parts.join(', ')}`,
  };
  for (const { cells, notText } of readRows(of.connection, query, form)) {
    const identity = cells
      .slice(0, parts.length)
      .map((cell, index) => (notText.includes(index) ? `not ${identityText(cell)}` : identityText(cell)))
      .join('\u0000');
    const own = cells.slice(parts.length);
    const odd = notText.flatMap((at) => (at < parts.length ? [] : [shown.columns[at - parts.length]]));
    const row = places.map((index): Cell => own[index] ?? { type: 'null' });
    yield { identity, row, notText: JSON.stringify(odd) };
  }
}

/** The engine takes 1 and 1.0 for the same key. */
function identityText(cell: Cell): string {
  switch (cell.type) {
    case 'null':
      return 'null';
    case 'integer':
      return `n${cell.value}`;
    case 'number':
      return Number.isSafeInteger(Number(cell.value)) ? `n${Number(cell.value)}` : `n${cell.value}`;
    case 'bytes':
      return `b${Buffer.from(cell.value).toString('hex')}`;
    case 'text':
      return `t${JSON.stringify(cell.value)}`;
    case 'boolean':
      return `o${cell.value}`;
  }
}
