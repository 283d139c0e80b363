import type { ServerAccount } from '../server-address.ts';
import { TargetError } from '../target-error.ts';
import type { CopiedRows } from './copied-rows.ts';
import { PostgresSession } from './session.ts';

/** The session whose transaction changed rows, and the one that sees them as they were. */
export interface Sides {
  readonly writer: PostgresSession;
  readonly observer: PostgresSession;
  /** Where the writer's transaction began to make numbers. */
  readonly start: TransactionStart;
}

/** The number of a transaction, and that of the next group of transactions that hold a row together. */
export interface TransactionStart {
  readonly transaction: string;
  readonly group: string;
}

/** Opens two sessions at once; none is left when either cannot be opened. */
export async function openTwo(account: ServerAccount): Promise<[PostgresSession, PostgresSession]> {
  const opened = await Promise.allSettled([PostgresSession.open(account), PostgresSession.open(account)]);
  const [writer, observer] = opened.map((one) => (one.status === 'fulfilled' ? one.value : undefined));
  if (writer !== undefined && observer !== undefined) return [writer, observer];
  await Promise.all([writer?.close(), observer?.close()]);
  throw opened.find((one) => one.status === 'rejected')?.reason;
}

const placesAtOnce = 10_000;
/** Transactions that a request's own subtransactions may reach: a frozen row's old number must not look like one. */
const ownTransactionsMax = 100_000_000;

/** Whether the session's own transaction made a row. */
export const isNew: string = `pg_catalog.age(xmin) <= 0 AND pg_catalog.age(xmin) > -${ownTransactionsMax}`;

/**
 * Rows that the writer's transaction may have marked: with its number or a later one, or with a group that was made since.
 * Numbers of transactions and of groups are two sequences, so this lets some through that it did not mark.
 */
export function mayBeMarked({ transaction, group }: TransactionStart): string {
  // Most rows have no mark at all, and of those nothing else need be asked.
  return `xmax <> '0'::xid AND (pg_catalog.age(xmax) <= pg_catalog.age('${transaction}'::xid)
    OR pg_catalog.mxid_age(xmax) BETWEEN 0 AND pg_catalog.mxid_age('${group}'::xid))`;
}

/** Copies the rows of a query out. */
export async function copy(
  session: PostgresSession,
  sql: string,
  rows: CopiedRows,
  budget: { bytes: number },
): Promise<void> {
  await session.copyOut(`COPY (${sql}) TO STDOUT`, (line) => {
    spendBytes(budget, line.length);
    rows.add(line);
  });
}

/** Whether each of the old rows is gone: the writer sees none in its place any more. */
export async function goneOf(writer: PostgresSession, from: string, marked: CopiedRows): Promise<Uint8Array> {
  const places = Array.from({ length: marked.count }, (_, row) => marked.raw(row, marked.shown));
  const gone = new Uint8Array(marked.count);
  for (let at = 0; at < places.length; at += placesAtOnce) {
    const some = places.slice(at, at + placesAtOnce);
    const standing = await standingOf(writer, from, some);
    for (const [index, place] of some.entries()) gone[at + index] = standing.has(place) ? 0 : 1;
  }
  return gone;
}

/** Those of the places in which the writer still sees a row. */
export async function standingOf(
  writer: PostgresSession,
  from: string,
  places: readonly string[],
): Promise<ReadonlySet<string>> {
  if (places.length === 0) return new Set();
  const list = `{${places.map((place) => `"${place}"`).join(',')}}`;
  const { rows } = await writer.query(`SELECT ctid ${from} WHERE ctid = ANY ($1::tid[])`, [list]);
  return new Set(rows.map(([place]) => place ?? ''));
}

/** Takes the bytes of images that are held off those that are left. @throws TargetError `limit/bytes` */
export function spendBytes(budget: { bytes: number }, bytes: number): void {
  budget.bytes -= bytes;
  if (budget.bytes >= 0) return;
  throw new TargetError('limit/bytes', 'old and new rows need more space than allowed');
}
