import type { NotifyEvent } from '../home/notify-setting.ts';
import type { Store } from './store.ts';

/** One message to one channel; queued in the transaction that appended the ledger entry it tells of. */
export interface NotificationRow {
  readonly channel: string;
  /** Index of the ledger entry. */
  readonly entryIndex: number;
  readonly event: NotifyEvent;
  /** 16 bytes. */
  readonly requestId: Uint8Array;
  /** Whole seconds since 1970. */
  readonly madeAt: number;
  readonly attempts: number;
  /** Not tried before; null once it was given up. */
  readonly nextAt: number | null;
  /** What the last attempt failed with. */
  readonly failure: string | null;
}

const columns =
  'channel, entry_index AS "entryIndex", event, request_id AS "requestId", made_at AS "madeAt", attempts, next_at AS "nextAt", failure';

/** Queues a message; inside the transaction of its ledger entry. */
export function queueNotification(
  store: Store,
  row: Pick<NotificationRow, 'channel' | 'entryIndex' | 'event' | 'requestId' | 'madeAt'>,
): void {
  store
    .prepare(
      `INSERT INTO notification (channel, entry_index, event, request_id, made_at, next_at)
       VALUES (@channel, @entryIndex, @event, @requestId, @madeAt, @madeAt)`,
    )
    .run(row);
}

/** Returns whether a message of this event about a request of this submitter waits for a channel. */
export function isQueued(
  store: Store,
  {
    channel,
    event,
    submitter,
  }: { readonly channel: string; readonly event: NotifyEvent; readonly submitter: string },
): boolean {
  return (
    store
      .prepare<[string, string, string], { found: number }>(
        `SELECT 1 AS found FROM notification JOIN request ON request.id = notification.request_id
         WHERE channel = ? AND event = ? AND submitter = ? AND next_at IS NOT NULL LIMIT 1`,
      )
      .get(channel, event, submitter) !== undefined
  );
}

/** Returns what is due for a channel, emergencies that are asked for first, then the oldest entry. */
export function dueNotifications(
  store: Store,
  channel: string,
  now: number,
  countMax: number,
): readonly NotificationRow[] {
  return store
    .prepare<[string, number, number], NotificationRow>(
      `SELECT ${columns} FROM notification WHERE channel = ? AND next_at <= ? ORDER BY event <> 'break-glass', entry_index LIMIT ?`,
    )
    .all(channel, now, countMax);
}

type Key = Pick<NotificationRow, 'channel' | 'entryIndex'>;

/** Takes a message that arrived out of the queue. */
export function dropNotification(store: Store, { channel, entryIndex }: Key): void {
  store.prepare('DELETE FROM notification WHERE channel = ? AND entry_index = ?').run(channel, entryIndex);
}

/** Notes a failed attempt and when the next one is due; null gives the message up. */
export function postponeNotification(
  store: Store,
  { channel, entryIndex }: Key,
  { nextAt, failure }: Pick<NotificationRow, 'nextAt' | 'failure'>,
): void {
  store
    .prepare(
      'UPDATE notification SET attempts = attempts + 1, next_at = ?, failure = ? WHERE channel = ? AND entry_index = ?',
    )
    .run(nextAt, failure, channel, entryIndex);
}

/** Forgets what was queued before `time`, delivered or not. */
export function forgetNotifications(store: Store, time: number): void {
  store.prepare('DELETE FROM notification WHERE made_at < ?').run(time);
}

/** What still stands in the queue, of one channel. */
export interface Backlog {
  readonly channel: string;
  readonly waiting: number;
  readonly givenUp: number;
  /** Words of the latest failure: of a message that was given up, where there is one. */
  readonly failure: string | null;
}

/** Returns what still stands in the queue, by channel. */
export function backlogs(store: Store): readonly Backlog[] {
  return store
    .prepare<[], Backlog>(
      `SELECT channel, count(next_at) AS waiting, count(*) - count(next_at) AS "givenUp",
              (SELECT failure FROM notification AS one WHERE one.channel = notification.channel AND failure IS NOT NULL
               ORDER BY next_at IS NULL DESC, attempts DESC, entry_index DESC LIMIT 1) AS failure
       FROM notification GROUP BY channel ORDER BY channel`,
    )
    .all();
}
