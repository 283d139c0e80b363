import { totalmem } from 'node:os';
import { TargetError } from '../target-error.ts';
import type { TargetErrorCode } from '../target-error.ts';
import type { DryRun, RunStep } from '../target.ts';
import { watchSession } from './session-watch.ts';
import { readStatements } from './read-wall.ts';
import { dryRun, runJob } from './session-jobs.ts';
import type { Compared, ReadOutput, RunResult, Task } from './session-jobs.ts';

/** What a session's process is told: a task, or leave to pass the step it stands at. */
export type ToSession = { readonly type: 'task'; readonly task: Task } | { readonly type: 'go' };

/** Nobody looks at a read before it runs; a dry run needs room for its scratch images. Other sessions hold as much beside it. */
function memoryBytesMax({ kind }: Task): number {
  return kind === 'read' ? 2 ** 30 : Math.max(3 * 2 ** 30, Math.floor(totalmem() / 4));
}

/** What it answers. */
export type FromSession =
  | { readonly type: 'ready' }
  | { readonly type: 'step'; readonly step: RunStep; readonly compared?: Compared | undefined }
  | { readonly type: 'done'; readonly result: TaskResult }
  | {
      readonly type: 'failed';
      readonly code: TargetErrorCode | undefined;
      readonly message: string;
      readonly statement: number | undefined;
      readonly hint: string | undefined;
    };

export type TaskResult =
  | { readonly kind: 'dry-run'; readonly output: Omit<DryRun, 'elapsedMs'> }
  | { readonly kind: 'run'; readonly output: RunResult }
  | { readonly kind: 'read'; readonly output: ReadOutput };

/**
 * Serves tasks from the process that forked this one, one after the other, until it is gone. When it
 * is gone this process ends at once, waiting for no thread of its own, and with it the transaction that was not yet committed.
 */
export function serveSession(): void {
  let leave: (() => void) | undefined;
  let watched = false;
  const send = (message: FromSession): void => {
    process.send?.(message);
  };
  const step = (name: RunStep, compared?: Compared): Promise<void> => {
    const passed = new Promise<void>((resolve) => {
      leave = resolve;
    });
    send({ type: 'step', step: name, compared });
    return passed;
  };
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.on('message', (message: ToSession) => {
    switch (message.type) {
      case 'go':
        leave?.();
        return;
      case 'task':
        if (!watched) watchSession(memoryBytesMax(message.task));
        watched = true;
        void perform(message.task, step).then(send);
        return;
    }
  });
  send({ type: 'ready' });
}

async function perform(task: Task, step: Parameters<typeof runJob>[1]): Promise<FromSession> {
  try {
    return { type: 'done', result: await performTask(task, step) };
  } catch (cause) {
    const known = cause instanceof TargetError ? cause : undefined;
    return {
      type: 'failed',
      code: known?.code,
      message: cause instanceof Error ? cause.message : String(cause),
      statement: known?.statement,
      hint: known?.hint,
    };
  }
}

async function performTask(task: Task, step: Parameters<typeof runJob>[1]): Promise<TaskResult> {
  switch (task.kind) {
    case 'dry-run':
      return { kind: 'dry-run', output: await dryRun(task) };
    case 'run':
      return { kind: 'run', output: await runJob(task, step) };
    case 'read':
      return { kind: 'read', output: readStatements(task) };
  }
}
