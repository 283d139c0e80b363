import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { TargetError } from '../target-error.ts';
import type { RunStep } from '../target.ts';
import type { Compared, Task } from './session-jobs.ts';
import { memorySignal } from './session-watch.ts';
import type { FromSession, TaskResult, ToSession } from './session-server.ts';

/** The program a session's process runs: it must call `serveSession`. */
export interface SessionProgram {
  readonly path: string;
  readonly args: readonly string[];
}

export const defaultProgram: SessionProgram = {
  path: fileURLToPath(new URL('./session-main.ts', import.meta.url)),
  args: [],
};

/** The engine's own variables, those that are set. */
function temporaryFolders(): Record<string, string> {
  return Object.fromEntries(
    ['SQLITE_TMPDIR', 'TMPDIR'].flatMap((name) => {
      const folder = process.env[name];
      return folder === undefined ? [] : [[name, folder]];
    }),
  );
}

export interface TaskOptions {
  readonly timeoutMs: number;
  /** Called at each step; the session waits for it. */
  readonly onStep?: (step: RunStep, compared: Compared | undefined) => void | Promise<void>;
  /** Whether the time is still allowed to run out. */
  readonly mayKill?: () => boolean;
}

/**
 * One process that holds connections. A statement cannot be stopped from within the process that
 * runs it, so it runs in another one, which is killed when its time is over; the engine rolls
 * back what it left.
 */
export class SessionProcess {
  readonly #child: ChildProcess;
  #busy = false;

  constructor(program: SessionProgram) {
    this.#child = fork(program.path, program.args, {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // Nothing of the parent's secrets is needed to run SQL, only where the engine may put what does not fit in memory.
      env: { NODE_NO_WARNINGS: '1', ...temporaryFolders() },
    });
    this.#child.on('error', () => undefined);
    this.#idle(true);
  }

  /** The process's id; undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get usable(): boolean {
    return !this.#busy && this.#child.connected && !this.#isGone;
  }

  get #isGone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Performs one task. @throws TargetError what the task threw, `limit/time`, `target/session-lost` */
  async perform(task: Task, options: TaskOptions): Promise<TaskResult> {
    this.#busy = true;
    this.#idle(false);
    const clock = { late: false };
    const timer = setTimeout(() => {
      if (options.mayKill?.() === false) return;
      clock.late = true;
      this.#child.kill('SIGKILL');
    }, options.timeoutMs);
    try {
      return await this.#converse(task, options);
    } catch (cause) {
      if (!clock.late) throw cause;
      throw new TargetError('limit/time', `statements took more than ${options.timeoutMs} ms`);
    } finally {
      clearTimeout(timer);
      this.#idle(true);
      this.#busy = false;
    }
  }

  /** Ends the process and waits until it is gone, and its locks with it. */
  async kill(): Promise<void> {
    if (this.#isGone || this.#child.pid === undefined) return;
    this.#idle(false);
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  #converse(task: Task, options: TaskOptions): Promise<TaskResult> {
    const child = this.#child;
    return new Promise<TaskResult>((resolve, reject) => {
      const settle = (finish: () => void): void => {
        child.off('message', hear);
        child.off('exit', lost);
        finish();
      };
      const lost = (_code?: number | null, signal?: NodeJS.Signals | null): void =>
        settle(() => reject(lossOf(signal, options)));
      const hear = (message: FromSession): void => {
        switch (message.type) {
          case 'ready':
            return;
          case 'done':
            settle(() => resolve(message.result));
            return;
          case 'failed':
            settle(() => reject(failure(message)));
            return;
          case 'step':
            this.#pass(message, options).catch((cause: unknown) => {
              // The hook's own error is the answer, not the end of the session that follows from it.
              child.off('exit', lost);
              void this.kill().then(() =>
                settle(() => reject(cause instanceof Error ? cause : new Error(String(cause)))),
              );
            });
        }
      };
      child.on('message', hear);
      child.on('exit', lost);
      if (child.connected) this.#send({ type: 'task', task });
      else lost();
    });
  }

  /** Gives leave for the next step once the caller's hook agrees. */
  async #pass(message: Extract<FromSession, { type: 'step' }>, options: TaskOptions): Promise<void> {
    await options.onStep?.(message.step, message.compared);
    this.#send({ type: 'go' });
  }

  #send(message: ToSession): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** An idle process must not keep the program alive. */
  #idle(idle: boolean): void {
    if (idle) {
      this.#child.unref();
      this.#child.channel?.unref();
    } else {
      this.#child.ref();
      this.#child.channel?.ref();
    }
  }
}

/** What the end of a session says. Once it has leave to commit the marker alone knows, so then it is lost whatever ended it. */
function lossOf(signal: NodeJS.Signals | null | undefined, options: TaskOptions): TargetError {
  return signal === memorySignal && options.mayKill?.() !== false
    ? new TargetError('limit/bytes', 'statements take more memory than allowed')
    : new TargetError('target/session-lost', 'session ended before it answered');
}

function failure({ code, message, statement, hint }: Extract<FromSession, { type: 'failed' }>): Error {
  return code === undefined ? new Error(message) : new TargetError(code, message, { statement, hint });
}
