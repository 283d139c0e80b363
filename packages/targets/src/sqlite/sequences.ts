import { TableBuilder } from '@countersign/diff';
import type { ImageLimits, Row, TableDiff } from '@countersign/diff';
import { sha256 } from './capture.ts';
import type { Connection } from './connection.ts';
import { isOwnTable } from './table-shapes.ts';
import { toCell } from './values.ts';

/** The AUTOINCREMENT counters by table, in one reading. */
export type Sequences = ReadonlyMap<string, Row>;

export function readSequences(connection: Connection): Sequences {
  const there = connection.first(`SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_sequence'`);
  if (there === undefined) return new Map();
  const rows = connection.all('SELECT name, seq FROM main.sqlite_sequence ORDER BY rowid');
  return new Map(
    rows
      .filter(([name]) => !isOwnTable(String(name)))
      .map((row): [string, Row] => [String(row[0]), row.map(toCell)]),
  );
}

/** Returns the counters' changes as those of a table, for statements that write them outright. */
export function imageSequences(
  before: Sequences,
  after: Sequences,
  limits: ImageLimits,
): TableDiff | undefined {
  const shape = {
    table: 'sqlite_sequence',
    columns: ['name', 'seq'],
    key: [0],
    computed: [],
    generated: [],
  };
  const builder = new TableBuilder(shape, limits, sha256);
  for (const name of movedSequences(before, after)) {
    builder.add({ before: before.get(name) ?? null, after: after.get(name) ?? null });
  }
  return builder.count === 0 ? undefined : builder.finish();
}

/** Names of the tables whose counter is another, ascending. */
export function movedSequences(before: Sequences, after: Sequences): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.filter((name) => JSON.stringify(before.get(name)) !== JSON.stringify(after.get(name)));
}
