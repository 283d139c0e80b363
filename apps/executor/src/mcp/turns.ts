import { ExecutorError } from '../executor-error.ts';
import { Line } from './line.ts';

const waitingMax = 16;
const waitsMax = 32;

/** What one agent may have under way at once, over however many connections. */
export class Turns {
  readonly #line = new Line(waitingMax);
  #waits = 0;

  /** Does work that touches a database, after all that came before it. @throws `mcp/busy`, `mcp/cancelled`, and whatever `work` throws */
  inTurn<T>(work: () => T | Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#line.add(work, signal);
  }

  /** Does work that only waits. @throws `mcp/busy`, and whatever `work` throws */
  async beside<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waits >= waitsMax) {
      throw new ExecutorError('mcp/busy', `${this.#waits} calls wait for requests already`, {
        hint: 'let them end first',
      });
    }
    this.#waits += 1;
    try {
      return await work();
    } finally {
      this.#waits -= 1;
    }
  }

  /** Returns once nothing is being submitted or run any more. */
  idle(): Promise<void> {
    return this.#line.idle();
  }
}
