import { TargetError } from '../target-error.ts';
import type { PostgresSession, TextRow } from './session.ts';
import { heldSettings, movedSettings } from './settings.ts';
import { together } from './together.ts';
import { readCounters, sameCounters } from './touched.ts';
import type { Counters } from './touched.ts';

/** Times that everything that was put off is done, before triggers that put off more count as endless. */
const deferredMax = 32;

/** Number of the transaction, which must have one, and the settings that stand. */
const standingText = `SELECT pg_catalog.pg_current_xact_id_if_assigned(), ${heldSettings}`;

/** Holds the transaction of the statements to what it began as: the same one, under the same settings, with nothing put off in the end. */
export class TransactionGuard {
  readonly #session: PostgresSession;
  #begun: TextRow = [];

  constructor(session: PostgresSession) {
    this.#session = session;
  }

  /** Notes how things stand before the first statement. */
  async begin(): Promise<void> {
    this.#begun = await this.#standing();
  }

  /** @throws TargetError `statement/left-transaction`, `statement/moves-setting` */
  async requireStanding(statement?: number): Promise<void> {
    const [transactionBegun, ...heldBegun] = this.#begun;
    const [transaction, ...held] = await this.#standing();
    if (transaction !== transactionBegun) {
      throw new TargetError('statement/left-transaction', 'statement ended the transaction', { statement });
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
   * Has everything done now that is put off to the commit, also what a trigger that runs here puts off again, and returns the counters.
   * INVARIANT: a trigger is put off by a change of a row, which is counted; when nothing was counted, nothing is left.
   * @throws TargetError `statement/failed`, `statement/moves-setting`, or the driver's own error
   */
  async endDeferred(): Promise<Counters> {
    for (let pass = 0; pass < deferredMax; pass += 1) {
      const [before, , , after] = await together([
        readCounters(this.#session),
        this.#session.query('SET CONSTRAINTS ALL IMMEDIATE'),
        this.requireStanding(),
        readCounters(this.#session),
      ]);
      if (sameCounters(before, after)) return after;
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
