import { TargetError } from '../target-error.ts';
import { SessionProcess } from './session-process.ts';
import type { SessionProgram, TaskOptions } from './session-process.ts';
import type { Task } from './session-jobs.ts';
import type { TaskResult } from './session-server.ts';

/** Processes that are kept for the next tasks. */
const keptMax = 4;
/** Processes at once. */
const openMax = 16;
/** Milliseconds without one coming back after which one more than are kept is started: those at work may be busy for long. */
const stallMs = 250;
/** Milliseconds after the last task at which all but one are ended. */
const idleMs = 10_000;

/** A task that waits for a process; undefined when there will be none. */
type Waiter = (session: SessionProcess | undefined) => void;

/** Keeps a few processes for the next tasks: to start one takes longer than most tasks. */
export class SessionPool {
  readonly #program: SessionProgram;
  readonly #running = new Set<SessionProcess>();
  readonly #spares: SessionProcess[] = [];
  readonly #waiting: Waiter[] = [];
  #idle: NodeJS.Timeout | undefined;
  #stall: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(program: SessionProgram) {
    this.#program = program;
  }

  /** Starts a spare process, so that the first task need not wait for it. */
  warm(): void {
    if (!this.#spares.some(({ usable }) => usable)) this.#spares.push(new SessionProcess(this.#program));
  }

  async perform(task: Task, options: TaskOptions): Promise<TaskResult> {
    if (this.#closed) throw closed();
    const session = this.#free() ?? (await this.#comingBack(options.timeoutMs));
    try {
      return await session.perform(task, options);
    } finally {
      this.#running.delete(session);
      await this.#giveBack(session);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    clearTimeout(this.#stall);
    for (const waiter of this.#waiting.splice(0)) waiter(undefined);
    const all = [...this.#running, ...this.#spares.splice(0)];
    await Promise.all(all.map((session) => session.kill()));
  }

  /** A spare one, or a new one while few are at work. */
  #free(): SessionProcess | undefined {
    const spare = this.#spares.splice(0).filter(({ usable }) => usable);
    const found = spare.pop();
    this.#spares.push(...spare);
    if (found !== undefined) return this.#employ(found);
    return this.#running.size < keptMax ? this.#start() : undefined;
  }

  /** The next one that is given back, or one more when none is for long. @throws TargetError `target/closed`, `target/busy` */
  async #comingBack(timeoutMs: number): Promise<SessionProcess> {
    let timer: NodeJS.Timeout | undefined;
    const session = await new Promise<SessionProcess | undefined>((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) this.#watchForStall();
      timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(resolve), 1);
        resolve(undefined);
      }, timeoutMs);
    });
    clearTimeout(timer);
    if (session !== undefined) return session;
    if (this.#closed) throw closed();
    throw new TargetError(
      'target/busy',
      'other statements keep every session of this target, expected one to end',
    );
  }

  #watchForStall(): void {
    clearTimeout(this.#stall);
    this.#stall = setTimeout(() => {
      if (this.#running.size < openMax) this.#waiting.shift()?.(this.#start());
      if (this.#waiting.length > 0) this.#watchForStall();
    }, stallMs);
  }

  #start(): SessionProcess {
    return this.#employ(new SessionProcess(this.#program));
  }

  #employ(session: SessionProcess): SessionProcess {
    this.#running.add(session);
    return session;
  }

  async #giveBack(session: SessionProcess): Promise<void> {
    const usable = session.usable && !this.#closed;
    const waiter = this.#waiting.shift();
    if (this.#waiting.length > 0) this.#watchForStall();
    if (usable && waiter !== undefined) {
      waiter(this.#employ(session));
      return;
    }
    waiter?.(this.#start());
    if (usable && this.#spares.length < keptMax) this.#keep(session);
    else await session.kill();
  }

  #keep(session: SessionProcess): void {
    this.#spares.push(session);
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      for (const spare of this.#spares.splice(1)) void spare.kill();
    }, idleMs).unref();
  }
}

function closed(): TargetError {
  return new TargetError('target/closed', 'target is closed');
}
