import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const CHILD = join(import.meta.dirname, 'sqlite-observer.ts');
const OBSERVATION_MS = 5000;

export interface Seen {
  readonly error?: string;
  readonly changed: boolean;
}

/** The engine in a process of its own, which is ended when a text, such as a recursion without end, takes too long. */
export class SqliteProcess {
  readonly #fixture: readonly string[];
  #child: ChildProcess | undefined;

  constructor(fixture: readonly string[]) {
    this.#fixture = fixture;
  }

  /** What the engine shows of a text, or undefined when it was stopped. */
  async observe(sql: string): Promise<Seen | undefined> {
    const child = (this.#child ??= this.#begin());
    child.send(sql);
    try {
      const [seen] = (await once(child, 'message', {
        signal: AbortSignal.timeout(OBSERVATION_MS),
      })) as [Seen];
      return seen;
    } catch (thrown) {
      this.stop();
      if (thrown instanceof Error && thrown.name === 'AbortError') return undefined;
      throw thrown;
    }
  }

  stop(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #begin(): ChildProcess {
    const child = fork(CHILD, { execArgv: [] });
    child.send(this.#fixture);
    return child;
  }
}
