import { TableBuilder, sameRows } from '@countersign/diff';
import type { ImageLimits, Row, TableDiff } from '@countersign/diff';
import { sha256 } from '../sha256.ts';
import type { Connection } from './connection.ts';
import { toCell } from './values.ts';

/** The rows of the AUTOINCREMENT counters by row id: nothing keeps a table from having two, of which the engine takes the first. */
export type Sequences = ReadonlyMap<string, Row>;

export function readSequences(connection: Connection): Sequences {
  const there = connection.first(`SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_sequence'`);
  if (there === undefined) return new Map();
  const rows = connection.all('SELECT rowid, name, seq FROM main.sqlite_sequence ORDER BY rowid');
  return new Map(rows.map(([id, ...row]): [string, Row] => [String(id), row.map(toCell)]));
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
  for (const id of movedRows(before, after)) {
    builder.add({ before: before.get(id) ?? null, after: after.get(id) ?? null });
  }
  return builder.count === 0 ? undefined : builder.finish();
}

/** Names of the tables whose counter is another, ascending. */
export function movedSequences(before: Sequences, after: Sequences): string[] {
  const names = movedRows(before, after).map((id) => {
    const [name] = after.get(id) ?? before.get(id) ?? [];
    return name?.type === 'text' ? name.value : 'without a name';
  });
  return [...new Set(names)].sort();
}

function movedRows(before: Sequences, after: Sequences): string[] {
  const same = (a: Row | undefined, b: Row | undefined): boolean =>
    a === undefined || b === undefined ? a === b : sameRows(a, b);
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (id) => !same(before.get(id), after.get(id)),
  );
}
