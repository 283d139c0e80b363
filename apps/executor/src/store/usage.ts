import type { Store } from './store.ts';

/** What an identity has used, the submission in question included. Hours and days end now and slide. */
export interface Usage {
  readonly requestsHour: number;
  readonly requestsDay: number;
  readonly rowsHour: number;
  readonly rowsDay: number;
}

/** One submission as budgets count it. */
export interface UsageRow {
  /** 16 bytes, the submission's id. */
  readonly id: Uint8Array;
  /** Id of the person, whichever key. */
  readonly person: string;
  /** Whole seconds since 1970. */
  readonly at: number;
  readonly rows: number;
}

const HOUR = 3600;
const DAY = 86_400;

/** Returns what a person has used at `now` with the submission `own` of so many rows; entries ahead of `now` count too. */
export function usageOf(store: Store, own: UsageRow): Usage {
  const found = store
    .prepare<[number, number, string, number, Uint8Array], Usage>(
      `SELECT count(*) FILTER (WHERE at > ?) AS "requestsHour", count(*) AS "requestsDay",
              coalesce(sum(row_count) FILTER (WHERE at > ?), 0) AS "rowsHour", coalesce(sum(row_count), 0) AS "rowsDay"
       FROM usage WHERE person = ? AND at > ? AND id <> ?`,
    )
    .get(own.at - HOUR, own.at - HOUR, own.person, own.at - DAY, own.id);
  const { requestsHour = 0, requestsDay = 0, rowsHour = 0, rowsDay = 0 } = found ?? {};
  return {
    requestsHour: requestsHour + 1,
    requestsDay: requestsDay + 1,
    rowsHour: rowsHour + own.rows,
    rowsDay: rowsDay + own.rows,
  };
}

/** Counts a submission, or counts it anew, with the usage that its verdict was made by; inside the transaction that made it. */
export function putUsage(store: Store, row: UsageRow, usage: Usage): void {
  store
    .prepare(
      `INSERT INTO usage (id, person, at, row_count, requests_hour, requests_day, rows_hour, rows_day)
       VALUES (@id, @person, @at, @rows, @requestsHour, @requestsDay, @rowsHour, @rowsDay)
       ON CONFLICT (id) DO UPDATE SET row_count = excluded.row_count, requests_hour = excluded.requests_hour,
         requests_day = excluded.requests_day, rows_hour = excluded.rows_hour, rows_day = excluded.rows_day`,
    )
    .run({ ...row, ...usage });
}

/** Sets the rows of a submission to those that it came to. */
export function settleRows(store: Store, id: Uint8Array, rows: number): void {
  store.prepare('UPDATE usage SET row_count = ? WHERE id = ?').run(rows, id);
}

/** Returns the usage that a submission's verdict was made by, or undefined. */
export function usageJudged(store: Store, id: Uint8Array): Usage | undefined {
  return store
    .prepare<[Uint8Array], Usage>(
      `SELECT requests_hour AS "requestsHour", requests_day AS "requestsDay", rows_hour AS "rowsHour", rows_day AS "rowsDay"
       FROM usage WHERE id = ?`,
    )
    .get(id);
}
