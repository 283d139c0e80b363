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

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** Returns what a person has used at `now` with the submission `own` of so many rows; entries ahead of `now` count too. */
export function usageOf(store: Store, own: UsageRow): Usage {
  const hour = usedSince(store, own, own.at - HOUR + 1);
  const day = usedSince(store, own, own.at - DAY + 1);
  return {
    requestsHour: hour.requests + 1,
    requestsDay: day.requests + 1,
    rowsHour: hour.rows + own.rows,
    rowsDay: day.rows + own.rows,
  };
}

/** Requests and rows of a person from a second on, `own` left out: the rest of a minute, the rest of an hour, and hours. */
function usedSince(
  store: Store,
  { id, person }: UsageRow,
  since: number,
): { readonly requests: number; readonly rows: number } {
  const minute = Math.ceil(since / MINUTE) * MINUTE;
  const hour = Math.ceil(since / HOUR) * HOUR;
  const found = store
    .prepare<[Record<string, unknown>], { readonly requests: number; readonly rows: number }>(
      `SELECT coalesce(sum(requests), 0) AS requests, coalesce(sum(row_count), 0) AS rows FROM (
         SELECT requests, row_count FROM usage_sum WHERE person = @person AND seconds = 1 AND start >= @since AND start < @minute
         UNION ALL SELECT requests, row_count FROM usage_sum WHERE person = @person AND seconds = 60 AND start >= @minute AND start < @hour
         UNION ALL SELECT requests, row_count FROM usage_sum WHERE person = @person AND seconds = 3600 AND start >= @hour
         UNION ALL SELECT -1, -row_count FROM usage WHERE id = @id AND person = @person AND at >= @since)`,
    )
    .get({ id, person, since, minute, hour });
  return found ?? { requests: 0, rows: 0 };
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
