import {
  changedRows,
  compareDiffs,
  isComparable,
  isWithin,
  sameColumns,
  withoutDrift,
  type Cell,
  type Counts,
  type Diff,
  type RowChange,
  type TableDiff,
  type Tolerance,
} from '@countersign/diff';
import type { Request } from '@countersign/messages';
import { driftingColumns, type NamedTolerance } from '@countersign/policy';
import { signedTolerance } from '../stages/tolerance.ts';
import { maskedIndexes } from './shown-diff.ts';

/** How what a request would change now parts from what was approved. Values that policy masks are hidden. */
export interface Drift {
  /** Tables whose changes differ, ascending by name. */
  readonly tables: readonly DriftTable[];
  readonly schema: DriftSides<readonly string[]>;
  readonly notPreviewed: DriftSides<readonly string[]>;
  /** Settings of the session and facts about the engine, as `name = value`. */
  readonly environment: DriftSides<readonly string[]>;
  /** What the request lets differ, which is not listed; left out when that is nothing. */
  readonly tolerated?: NamedTolerance;
}

/** What stands on one side only. */
export interface DriftSides<T> {
  readonly approved: T;
  readonly now: T;
}

export interface DriftTable {
  readonly table: string;
  /** Rows changed in all; null when none is. */
  readonly approved: Counts | null;
  readonly now: Counts | null;
  readonly rows: readonly DriftRow[];
  /** Rows known to differ that are not listed. */
  readonly rowsLeftOut: number;
  /** Set when its columns are others than approved: rows cannot be told beside each other, and none is listed. */
  readonly columnsDiffer?: true;
  /** False when either side holds a sample, so that more rows may differ. */
  readonly complete: boolean;
}

/** A row that is changed on one side only, or otherwise than approved. */
export interface DriftRow {
  /** Empty when nothing names the row: no key, or one that the database makes up. */
  readonly key: readonly { readonly column: string; readonly value: Cell }[];
  /** What happens to the row; null when nothing does. */
  readonly approved: DriftKind | null;
  readonly now: DriftKind | null;
  /** The columns that tell: of a row on both sides those that differ, else those that change. */
  readonly columns: readonly DriftColumn[];
}

export type DriftKind = 'insert' | 'update' | 'delete';

/** One column before and after; a side is null where the row is not changed, an image where there is no row. */
export interface DriftColumn extends DriftSides<DriftCells | null> {
  readonly column: string;
}

export interface DriftCells {
  readonly before: Cell | null;
  readonly after: Cell | null;
}

/** Rows listed over all tables. */
const rowsMax = 100;
const maskedCell: Cell = { type: 'text', value: '(masked)' };

/** What of a drift is none, because the request lets it differ. */
interface Tolerated {
  readonly named: NamedTolerance | undefined;
  readonly columns: ReadonlyMap<string, readonly number[]>;
  readonly fewerRows: boolean;
}

const strict: Tolerated = { named: undefined, columns: new Map(), fewerRows: false };

/** A tolerance that has no meaning for either diff, or that the policy had dropped by the time of the run, explains nothing. */
function toleratedIn(request: Request, signed: Diff, now: Diff): Tolerated {
  const named = signedTolerance(request);
  const columns = driftingColumns(named, request.target.engine, signed.tables);
  const tolerance = { columns, fewerRows: named.fewerRows };
  if (columns.size === 0 && !named.fewerRows) return strict;
  if (![signed, now].every((diff) => isComparable(diff, tolerance))) return strict;
  if (isWithin(signed, now, tolerance)) return strict;
  return { named, columns, fewerRows: named.fewerRows && changedRows(now) > 0 };
}

/** Compares what was signed with what would change now. */
export function driftOf(request: Request, signed: Diff, now: Diff): Drift {
  const { named, columns, fewerRows } = toleratedIn(request, signed, now);
  const [was, is] = [bareOf(signed, { columns, fewerRows }), bareOf(now, { columns, fewerRows })];
  const { tables, schema, notPreviewed, environment } = compareDiffs(was.diff, is.diff);
  const sided = (first: RowChange | null, second: RowChange | null): RowSides => ({
    approved: first && { bare: first, whole: was.wholeOf.get(first) ?? first },
    now: second && { bare: second, whole: is.wholeOf.get(second) ?? second },
  });
  let left = rowsMax;
  const shown = tables.map((compared): DriftTable => {
    const [approved, found] = [signed, now].map(({ tables: all }) =>
      all.find((one) => one.table === compared.table),
    );
    const columnsDiffer = approved !== undefined && found !== undefined && !sameColumns(approved, found);
    const table = columnsDiffer ? undefined : (approved ?? found);
    const pairs = [
      ...compared.different.map(({ first, second }) => sided(first, second)),
      ...(fewerRows ? [] : compared.only.first).map((first) => sided(first, null)),
      ...compared.only.second.map((second) => sided(null, second)),
    ];
    const listed = table === undefined ? [] : pairs.slice(0, left);
    left -= listed.length;
    return {
      table: compared.table,
      approved: compared.first,
      now: compared.second,
      rows:
        table === undefined
          ? []
          : listed.map((pair) =>
              driftRow(request, { table, drifting: columns.get(table.table) ?? [] }, pair),
            ),
      rowsLeftOut: pairs.length - listed.length,
      ...(columnsDiffer ? { columnsDiffer } : {}),
      complete: compared.complete,
    };
  });
  return {
    tables: shown,
    schema: sidesOf(
      schema,
      ({ object, name, before, after }) => `${object} ${name} ${kindWord(before, after)}`,
    ),
    notPreviewed: sidesOf(notPreviewed, (one) => one),
    environment: sidesOf(environment, ([name, value]) => `${name} = ${value}`),
    ...(named === undefined ? {} : { tolerated: named }),
  };
}

/** A change as it is compared, without the values that may have drifted, and as it is. */
interface ComparedChange {
  readonly bare: RowChange;
  readonly whole: RowChange;
}

type RowSides = DriftSides<ComparedChange | null>;

/** Returns a diff as it is compared, and of each change there the one with all its values. */
function bareOf(
  whole: Diff,
  tolerance: Tolerance,
): { readonly diff: Diff; readonly wholeOf: ReadonlyMap<RowChange, RowChange> } {
  const diff = withoutDrift(whole, tolerance);
  const pairs = diff.tables.flatMap(({ changes }, place) =>
    changes.flatMap((change, index): [RowChange, RowChange][] => {
      const before = whole.tables[place]?.changes[index];
      return before === undefined ? [] : [[change, before]];
    }),
  );
  return { diff, wholeOf: new Map(pairs) };
}

/** Whether a cell of the one stands under the same name in the other: else masks and names would be those of other values. */
function sidesOf<T>(
  { first, second }: { readonly first: readonly T[]; readonly second: readonly T[] },
  textOf: (one: T) => string,
): DriftSides<readonly string[]> {
  return { approved: first.map(textOf), now: second.map(textOf) };
}

function kindWord(before: string | null, after: string | null): string {
  return before === null ? 'created' : after === null ? 'dropped' : 'changed';
}

function driftRow(
  request: Request,
  { table, drifting }: { readonly table: TableDiff; readonly drifting: readonly number[] },
  sides: RowSides,
): DriftRow {
  // What tells is asked of the rows as they were compared; what is shown are their own values.
  const [approved, now] = [sides.approved?.bare ?? null, sides.now?.bare ?? null];
  const hidden = maskedIndexes(request, table);
  const cell = (row: RowChange['before'], index: number): Cell | null =>
    row === null ? null : hidden.has(index) ? maskedCell : (row[index] ?? null);
  const cells = (change: RowChange | null, index: number): DriftCells | null =>
    change && { before: cell(change.before, index), after: cell(change.after, index) };
  const row = [approved, now]
    .map((change) => change?.before ?? change?.after ?? null)
    .find((one) => one !== null);
  const isInsert = approved?.before === null || now?.before === null;
  const isLeft = (index: number): boolean =>
    drifting.includes(index) && [approved, now].every((change) => isBlank(change, index));
  const bound = [...table.columns.keys()].filter(
    (index) => !(isInsert && table.generated.includes(index)) && !isLeft(index),
  );
  const tells = bound.filter((index) =>
    approved !== null && now !== null ? differs(approved, now, index) : changes(approved ?? now, index),
  );
  const named = table.key.every((index) => bound.includes(index)) ? table.key : [];
  return {
    key: named.map((index) => ({
      column: table.columns[index] ?? '',
      value: cell(row ?? null, index) ?? { type: 'null' },
    })),
    approved: kindOf(approved),
    now: kindOf(now),
    columns: tells.map((index) => ({
      column: table.columns[index] ?? '',
      approved: cells(sides.approved?.whole ?? null, index),
      now: cells(sides.now?.whole ?? null, index),
    })),
  };
}

/** Whether a column holds no value on either side: it may have drifted, and what it held was taken out. */
function isBlank(change: RowChange | null, index: number): boolean {
  return [change?.before, change?.after].every((row) => (row?.[index]?.type ?? 'null') === 'null');
}

function kindOf(change: RowChange | null): DriftKind | null {
  if (change === null) return null;
  return change.before === null ? 'insert' : change.after === null ? 'delete' : 'update';
}

function differs(a: RowChange, b: RowChange, index: number): boolean {
  return (
    textOf(a.before?.[index]) !== textOf(b.before?.[index]) ||
    textOf(a.after?.[index]) !== textOf(b.after?.[index])
  );
}

function changes(change: RowChange | null, index: number): boolean {
  return textOf(change?.before?.[index]) !== textOf(change?.after?.[index]);
}

function textOf(cell: Cell | undefined): string {
  if (cell === undefined) return '';
  return cell.type === 'null' ? 'null' : `${cell.type} ${String(cell.value)}`;
}
