import { TargetError } from '../target-error.ts';
import { SessionProcess } from './session-process.ts';
import type { SessionProgram, TaskOptions } from './session-process.ts';
import type { Task } from './session-jobs.ts';
import type { TaskResult } from './session-server.ts';

/** Keeps one warm process for the next task, and starts more only while several tasks run. */
export class SessionPool {
  readonly #program: SessionProgram;
  readonly #running = new Set<SessionProcess>();
  #spare: SessionProcess | undefined;
  #closed = false;

  constructor(program: SessionProgram) {
    this.#program = program;
  }

  /** Starts the spare process, so that the first task need not wait for it. */
  warm(): void {
    if (this.#spare?.usable !== true) this.#spare = new SessionProcess(this.#program);
  }

  async perform(task: Task, options: TaskOptions): Promise<TaskResult> {
    if (this.#closed) throw new TargetError('target/closed', 'target is closed');
    const session = this.#take();
    this.#running.add(session);
    try {
      return await session.perform(task, options);
    } finally {
      this.#running.delete(session);
      await this.#giveBack(session);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const all = [...this.#running, ...(this.#spare === undefined ? [] : [this.#spare])];
    this.#spare = undefined;
    await Promise.all(all.map((session) => session.kill()));
  }

  #take(): SessionProcess {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare?.usable === true ? spare : new SessionProcess(this.#program);
  }

  async #giveBack(session: SessionProcess): Promise<void> {
    const wanted = !this.#closed && this.#spare === undefined && session.usable;
    if (wanted) this.#spare = session;
    else await session.kill();
  }
}
