import { ExecutorError } from '../executor-error.ts';

/** Work that is done one piece after the other, in the order in which it came. */
export class Line {
  readonly #waitingMax: number;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
  }

  /**
   * Does `work` when all that came before is done, and returns what it returns. Work that was given up while it waited is not begun.
   * @throws `mcp/busy` when too much waits already, `mcp/cancelled`, and whatever `work` throws
   */
  async add<T>(work: () => T | Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#waiting >= this.#waitingMax) {
      throw new ExecutorError('mcp/busy', `${this.#waiting} calls wait already, no more are taken`, {
        hint: 'let the calls that were made end first',
      });
    }
    this.#waiting += 1;
    const givenUp = Promise.withResolvers<never>();
    const giveUp = (): void => {
      givenUp.reject(new ExecutorError('mcp/cancelled', 'the call was given up before it began'));
    };
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    const turn = this.#last.then(async () => {
      this.#waiting -= 1;
      signal.removeEventListener('abort', giveUp);
      return signal.aborted ? givenUp.promise : work();
    });
    this.#last = turn.catch(() => undefined);
    // Whoever gave up is answered at once, and not when their turn would have come.
    return Promise.race([turn, givenUp.promise]);
  }

  /** Returns once nothing is being done and nothing waits. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
