import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { TargetError } from '../target-error.ts';
import { textOf } from './catalog.ts';
import { rowsChangedBy } from './engine-status.ts';
import { errorNumber } from './session.ts';
import type { MariadbSession } from './session.ts';
import type { Engine } from './settings.ts';

const accessDenied = 1227;
/** A little more than the tenth of a second after which the engine renews its copy. */
const staleMs = 105;

/** How many rows a session's transaction changed in any table, by the engine's own count. */
export class RowCount {
  readonly #session: MariadbSession;
  readonly #engine: Engine;
  /** Nobody can have written it into a statement that an old copy still shows. */
  readonly #sign = randomBytes(8).toString('hex');
  #asked = 0;

  constructor(session: MariadbSession, engine: Engine) {
    this.#session = session;
    this.#engine = engine;
  }

  /**
   * Returns the count: from the engine's report on itself, or else from its list of transactions.
   * @throws TargetError `target/rights` without the privilege PROCESS, `limit/time`
   */
  async read(until: number): Promise<number> {
    return (await this.#reported()) ?? (await this.#listed(until));
  }

  async #reported(): Promise<number | undefined> {
    const [own] = await this.#session.own('SELECT CONNECTION_ID()');
    const [row] = await this.#allowed('SHOW ENGINE INNODB STATUS');
    return rowsChangedBy(this.#engine, String(own?.[0]), textOf(row?.[2]));
  }

  /**
   * The engine answers from a copy that is renewed when nobody looked at it for a tenth of a second. A fresh one shows
   * this very question as what the session runs. Sessions of ours ask one after another, or none would ever see a fresh one.
   * @throws TargetError `target/rights` without the privilege PROCESS, `limit/time`
   */
  async #listed(until: number): Promise<number> {
    const leftSeconds = Math.max(0.1, (until - performance.now()) / 1000);
    await this.#session.own(`DO GET_LOCK('countersign innodb_trx', ${leftSeconds.toFixed(1)})`);
    try {
      for (;;) {
        const count = await this.#ask();
        if (count !== undefined) return count;
        if (performance.now() > until) break;
        await sleep(staleMs);
      }
    } finally {
      await this.#session.own(`DO RELEASE_LOCK('countersign innodb_trx')`);
    }
    throw new TargetError('limit/time', 'the server gave no fresh count of changed rows within the time');
  }

  async #ask(): Promise<number | undefined> {
    this.#asked += 1;
    const sign = `${this.#sign} ${this.#asked}`;
    const [row] = await this.#allowed(
      `SELECT trx_rows_modified, trx_query FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id = CONNECTION_ID() AND '${sign}' <> ''`,
    );
    return row !== undefined && String(row[1]).includes(`'${sign}'`) ? Number(row[0]) : undefined;
  }

  /** Asks what takes the privilege PROCESS. */
  async #allowed(sql: string): Promise<readonly unknown[][]> {
    try {
      return await this.#session.own(sql);
    } catch (cause) {
      if (errorNumber(cause) !== accessDenied) throw cause;
      const text =
        'account may not see how many rows its transaction changed, expected an administrator to GRANT PROCESS ON *.* to it';
      throw new TargetError('target/rights', text, { cause });
    }
  }
}
