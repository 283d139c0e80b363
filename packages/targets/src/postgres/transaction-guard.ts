import { TargetError } from '../target-error.ts';
import type { PostgresSession, TextRow } from './session.ts';
import { heldSettings, movedSettings, ownPath, takePath } from './settings.ts';
import { together } from './together.ts';
import { readWork } from './touched.ts';

/** Times that everything that was put off is done, before triggers that put off more count as endless. */
const deferredMax = 32;

/** Number of the transaction, which must have one, the cursors whose queries would run at the commit, and the settings that stand. */
const standingText = `SELECT pg_catalog.pg_current_xact_id_if_assigned(),
  (SELECT pg_catalog.count(*) FROM pg_catalog.pg_cursor() WHERE is_holdable), ${heldSettings}`;

/**
 * Holds the transaction of the statements to what it began as: the same one, under the same settings, with nothing put off in the end.
 * Statements run under the search path of the account, questions of our own under {@link ownPath}.
 */
export class TransactionGuard {
  readonly #session: PostgresSession;
  readonly #path: string;
  #begun: TextRow = [];

  constructor(session: PostgresSession, path: string) {
    this.#session = session;
    this.#path = path;
  }

  /** Takes the path of statements, and notes how things stand before the first one. */
  async begin(): Promise<void> {
    const [, standing] = await together([takePath(this.#session, this.#path), this.#standing()]);
    this.#begun = standing;
  }

  /** Takes the path of statements once more, after a savepoint was gone back to. */
  async beginAgain(): Promise<void> {
    await takePath(this.#session, this.#path);
  }

  /** @throws TargetError `statement/left-transaction`, `statement/moves-setting`, `statement/failed` */
  async requireStanding(statement?: number): Promise<void> {
    const [transactionBegun, , ...heldBegun] = this.#begun;
    const [transaction, cursors, ...held] = await this.#standing();
    if (transaction !== transactionBegun) {
      throw new TargetError('statement/left-transaction', 'statement ended the transaction', { statement });
    }
    if (cursors !== '0') {
      const text = 'statement opens a cursor WITH HOLD, whose query would run at the commit, unseen';
      throw new TargetError('statement/failed', text, { statement });
    }
    const moved = movedSettings(heldBegun, held);
    if (moved.length === 0) return;
    throw new TargetError(
      'statement/moves-setting',
      `statement leaves another value of ${moved.join(', ')}, under which its changes would be read or committed: leave set_config out of it and of the functions and triggers that it runs, or give these a SET clause`,
      { statement },
    );
  }

  /**
   * Has everything done now that is put off to the commit, also what a trigger that runs here puts off again; then takes our own path.
   * INVARIANT: each trigger that runs reads its row from its table, which the engine counts and no TRUNCATE takes back; when nothing
   * was read, none ran, and none could put off another.
   * @throws TargetError `statement/failed`, `statement/moves-setting`, or the driver's own error
   */
  async endDeferred(): Promise<void> {
    for (let pass = 0; pass < deferredMax; pass += 1) {
      const [before, , , after] = await together([
        readWork(this.#session),
        this.#session.query('SET CONSTRAINTS ALL IMMEDIATE'),
        this.requireStanding(),
        readWork(this.#session),
      ]);
      if (before === after) {
        await takePath(this.#session, ownPath);
        return;
      }
    }
    throw new TargetError(
      'statement/failed',
      `deferred triggers put off more work ${deferredMax} times, expected an end`,
    );
  }

  async #standing(): Promise<TextRow> {
    const { rows } = await this.#session.query(standingText);
    return rows[0] ?? [];
  }
}
