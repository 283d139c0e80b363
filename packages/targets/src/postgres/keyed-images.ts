import { CopiedRows } from './copied-rows.ts';
import { sqlState } from './engine-error.ts';
import type { CopiedSides } from './pairing.ts';
import type { PostgresSession } from './session.ts';
import { copy, goneOf, isNew, mayBeMarked } from './sides.ts';
import type { Sides } from './sides.ts';
import type { Sought } from './sought.ts';
import { together } from './together.ts';
import type { CountedTuples, TouchedTable } from './touched.ts';
import { quoteName, quoteText } from './values.ts';

/** Pages at the end of a table in which new rows are looked for, besides one for each of them. */
const lastPages = 32;

/** Images of a table and the types of its columns. */
export interface KeyedImages {
  readonly sides: CopiedSides;
  readonly types: readonly number[];
}

/**
 * Returns all images of a table without reading the rest of it; undefined when it is not proved that these are all.
 *
 * INVARIANT: each old row that is gone was updated or deleted once, and each new row inserted or made by an update, and the engine
 * counted that: it counts everything done, also what was taken back. So when as many different rows were found as counted, there
 * are no others, wherever they were looked for. A row changed twice, or a change rolled back, leaves the count higher.
 * @throws TargetError `limit/bytes`
 */
export async function imageKeyed(
  sides: Sides,
  table: TouchedTable,
  sought: Sought,
  budget: { bytes: number },
): Promise<KeyedImages | undefined> {
  const { counted } = table;
  if (counted === undefined) return undefined;
  const columns = table.columns.map(({ name }) => quoteName(name));
  const from = `FROM ONLY ${table.quoted}`;
  const ended = counted.updated + counted.deleted;
  const marked = new CopiedRows(columns.length, 1);
  let { where } = sought;
  if (where !== undefined) {
    // Asked also when no old row is wanted: of what the engine cannot compare the writer's transaction is to hear nothing.
    const wanted = ended > 0 ? mayBeMarked(sides.start) : 'false';
    const query = `SELECT ${[...columns, 'ctid'].join(', ')} ${from} WHERE (${where}) AND ${wanted}`;
    if (!(await copyIfSound(sides.observer, query, marked, budget))) where = undefined;
  }
  if (marked.count < ended) return undefined;
  const news = new CopiedRows(columns.length);
  const { writer } = sides;
  const found = placesOfNew(table.quoted, counted, { ...sought, where }, marked).join(' UNION ALL ');
  const [types, gone, isSound] = await together([
    writer.query(`SELECT ${columns.join(', ')} ${from} WHERE false`),
    goneOf(writer, from, marked),
    found === '' ||
      copyIfSound(writer, `SELECT ${columns.join(', ')} ${from} WHERE ctid = ANY (ARRAY(${found})) AND ${isNew}`, news, budget),
  ]); // prettier-ignore
  if (!isSound) return undefined;
  const goneCount = gone.reduce((sum, one) => sum + one, 0);
  if (goneCount !== ended || news.count !== counted.inserted + counted.updated) return undefined;
  return { sides: { olds: marked, gone, news }, types: types.columns.map(({ type }) => type) };
}

/** Queries for the places in which new rows may be; whatever they miss or find too much shows in the count. */
function placesOfNew(
  quoted: string,
  { inserted, updated, pages }: CountedTuples,
  { where, order, follows }: Sought,
  marked: CopiedRows,
): string[] {
  const from = `FROM ONLY ${quoted}`;
  const queries: string[] = [];
  const name = follows ? quoteText(quoted) : undefined;
  if (updated > 0 && name !== undefined) {
    const places = Array.from({ length: marked.count }, (_, row) => `"${marked.raw(row, marked.shown)}"`);
    // The engine itself follows a row from its place to its newest version.
    queries.push(
      `SELECT pg_catalog.currtid2(${name}, place) FROM pg_catalog.unnest('{${places.join(',')}}'::tid[]) AS places (place)`,
    );
  }
  if (where !== undefined && (inserted > 0 || name === undefined)) {
    queries.push(`SELECT ctid ${from} WHERE (${where}) AND ${isNew}`);
  }
  if (inserted > 0) {
    const first = Math.max(0, pages - lastPages - inserted);
    queries.push(`SELECT ctid ${from} WHERE ctid >= '(${first},0)'::tid AND ${isNew}`);
    if (order !== undefined) {
      queries.push(`SELECT ctid FROM (SELECT ctid, xmin ${from} ORDER BY ${order} LIMIT ${inserted}) AS last WHERE ${isNew}`);
    } // prettier-ignore
  }
  return queries;
}

/** Copies out; false when a value of the condition is none of the column's type, and the transaction goes on as before. */
async function copyIfSound(
  session: PostgresSession,
  sql: string,
  rows: CopiedRows,
  budget: { bytes: number },
): Promise<boolean> {
  try {
    await together([
      session.query('SAVEPOINT countersign_sought'),
      copy(session, sql, rows, budget),
      session.query('RELEASE SAVEPOINT countersign_sought'),
    ]);
    return true;
  } catch (cause) {
    // Data that cannot be read so, or an operator that there is not.
    if (!/^(?:22|42)/.test(sqlState(cause) ?? '')) throw cause;
    await session.query('ROLLBACK TO SAVEPOINT countersign_sought');
    return false;
  }
}
