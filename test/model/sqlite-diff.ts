import type Database from 'better-sqlite3';
import type { Cell, Row, RowChange } from '@countersign/diff';

/** Every row of every table, read whole: table, then identity, then cells. */
export type Dump = ReadonlyMap<string, ReadonlyMap<string, Row>>;

/** Returns all rows of the user's tables, by an engine build other than the one under test. */
export function dumpDatabase(database: Database.Database): Dump {
  const list = database
    .prepare(
      `SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
       AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_countersign%' ESCAPE '\\'`,
    )
    .all() as { name: string; wr: number }[];
  return new Map(list.map(({ name, wr }) => [name, dumpTable(database, name, wr === 1)]));
}

function dumpTable(database: Database.Database, table: string, withoutRowid: boolean): Map<string, Row> {
  const columns = database.prepare('SELECT name, pk FROM pragma_table_xinfo(?) ORDER BY cid').all(table) as {
    name: string;
    pk: number;
  }[];
  const keys = columns.filter(({ pk }) => pk > 0);
  const keyless = keys.length === 0;
  const names = [...(keyless ? ['rowid'] : []), ...columns.map(({ name }) => name)];
  const identity = withoutRowid ? keys.map(({ name }) => name) : ['rowid'];
  const all = [...identity, ...names];
  const select = all.map((name) => `"${name}", hex(CAST("${name}" AS BLOB))`).join(', ');
  const rows = database
    .prepare(`SELECT ${select} FROM "${table.replaceAll('"', '""')}"`)
    .safeIntegers()
    .raw()
    .all() as unknown[][];
  return new Map(
    rows.map((values) => {
      const cells = all.map((_, index) => modelCell(values[2 * index], String(values[2 * index + 1])));
      return [cells.slice(0, identity.length).map(modelKey).join('|'), cells.slice(identity.length)];
    }),
  );
}

function modelCell(value: unknown, hex: string): Cell {
  if (value === null) return { type: 'null' };
  if (typeof value === 'bigint') {
    const small = value >= -(2n ** 53n - 1n) && value <= 2n ** 53n - 1n;
    return small ? { type: 'integer', value: Number(value) } : { type: 'number', value: String(value) };
  }
  if (typeof value === 'number') {
    if (Object.is(value, -0)) return { type: 'number', value: '-0.0' };
    const text = String(value);
    return { type: 'number', value: /^-?\d+$/.test(text) ? `${text}.0` : text };
  }
  const bytes = new Uint8Array(Buffer.from(hex, 'hex'));
  if (typeof value !== 'string') return { type: 'bytes', value: bytes };
  const text = Buffer.from(bytes).toString('utf8');
  return Buffer.from(text, 'utf8').equals(Buffer.from(bytes))
    ? { type: 'text', value: text }
    : { type: 'bytes', value: bytes };
}

function modelKey(cell: Cell): string {
  if (cell.type === 'integer' || cell.type === 'number') {
    const near = Number(cell.value);
    return `n:${Number.isSafeInteger(near) ? near : cell.value}`;
  }
  return cellText(cell);
}

function cellText(cell: Cell): string {
  if (cell.type === 'null') return 'null';
  return cell.type === 'bytes'
    ? `bytes:${Buffer.from(cell.value).toString('hex')}`
    : `${cell.type}:${JSON.stringify(cell.value)}`;
}

/** One change as text, to be compared and sorted. */
export function changeText({ before, after }: RowChange): string {
  return `${before?.map(cellText).join(',') ?? '-'} => ${after?.map(cellText).join(',') ?? '-'}`;
}

/** Returns the changes between two dumps, by table, tables without any left out. */
export function diffDumps(before: Dump, after: Dump): Map<string, RowChange[]> {
  const found = new Map<string, RowChange[]>();
  for (const table of new Set([...before.keys(), ...after.keys()])) {
    const old = before.get(table) ?? new Map<string, Row>();
    const now = after.get(table) ?? new Map<string, Row>();
    const changes = [...new Set([...old.keys(), ...now.keys()])]
      .map((key): RowChange => ({ before: old.get(key) ?? null, after: now.get(key) ?? null }))
      .filter(({ before: was, after: is }) => rowText(was) !== rowText(is));
    if (changes.length > 0) found.set(table, changes);
  }
  return found;
}

function rowText(row: Row | null): string {
  return row === null ? '-' : row.map(cellText).join(',');
}

/** The dump as text: what must be the same for two databases to hold the same rows. */
export function dumpText(dump: Dump): string {
  const tables = [...dump.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  return tables
    .map(([table, rows]) => `${table}\n${[...rows.values()].map(rowText).sort().join('\n')}`)
    .join('\n');
}
