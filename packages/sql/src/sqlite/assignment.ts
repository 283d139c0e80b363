import type { DistinctNames, Select, SetAssignment, Upsert } from 'sqlite3-parser';
import { foldAscii, qualified } from '../text.ts';
import { readExpression } from './expression.ts';
import { scopeOf } from '../findings.ts';
import type { CteScope, Scope, Source } from '../findings.ts';
import type { Reading } from './reading.ts';

/** The columns a write sets, as they are listed: all known ones, or `*`, when the text names none. */
export function writtenColumns(
  named: readonly string[] | undefined,
  known: readonly string[] | undefined,
): readonly string[] {
  return (named ?? known)?.map((column) => qualified(column)) ?? ['*'];
}

/** Reads the SET of an UPDATE and returns the folded names of the columns it sets. */
export function readAssignments(
  reading: Reading,
  sets: readonly SetAssignment[],
  scope: Scope,
): readonly string[] {
  for (const set of sets) readExpression(reading, set.expr, scope);
  return sets.flatMap((set) => set.colNames.map((name) => foldAscii(name.text)));
}

/** Reads the rows of an INSERT and returns the folded names of its columns when the text lists them. */
export function readInsertRows(
  reading: Reading,
  columns: DistinctNames | undefined,
  select: Select | undefined,
  outer: Scope | undefined,
  ctes?: CteScope,
): readonly string[] | undefined {
  if (select !== undefined) reading.grammar.select(reading, select, outer, ctes);
  return columns?.map((name) => foldAscii(name.text));
}

/** Reads ON CONFLICT clauses; returns the columns that DO UPDATE sets, undefined when there is none. */
export function readUpsert(
  reading: Reading,
  upsert: Upsert | undefined,
  target: Source,
  outer: Scope | undefined,
  ctes?: CteScope,
): readonly string[] | undefined {
  const set: string[] = [];
  let updates = false;
  const own = scopeOf([target], outer, ctes);
  // The row that was refused has columns only under its own name, never bare.
  const both = scopeOf([target, { name: 'excluded', table: undefined, columns: [] }], outer, ctes);
  for (let clause = upsert; clause !== undefined; clause = clause.next) {
    for (const indexed of clause.index?.targets ?? []) readExpression(reading, indexed.expr, own);
    readExpression(reading, clause.index?.whereClause, own);
    if (clause.doClause.type !== 'SetUpsertDo') continue;
    updates = true;
    set.push(...readAssignments(reading, clause.doClause.sets, both));
    readExpression(reading, clause.doClause.whereClause, both);
  }
  return updates ? set : undefined;
}
