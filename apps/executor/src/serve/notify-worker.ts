import { failureOf } from '@countersign/program';
import type { Environment } from '../home/open-setting.ts';
import { tryLock } from '../home/process-lock.ts';
import { deliverDue, type Attempt } from '../notify/deliver.ts';
import { pause } from '../pause.ts';
import type { World } from '../world.ts';
import type { Log } from './log.ts';

const passMs = 2_000;

interface Notifying {
  readonly world: World;
  readonly environment: Environment;
  readonly log: Log;
}

/**
 * Sends what is queued for the channels of the home until `stopping` is aborted, and returns when the last attempt has ended. While
 * another program sends (`countersign notify --follow`) this one does not. What fails is logged, and never ends the server.
 */
export async function keepNotifying(parts: Notifying, stopping: AbortSignal): Promise<void> {
  const { world, log } = parts;
  if (world.configuration.notify.size === 0) return;
  while (!stopping.aborted) {
    try {
      await deliverOnce(parts, stopping);
    } catch (thrown) {
      const { code, message } = failureOf(thrown);
      log('error', 'notify-failed', { code, reason: message });
    }
    await pause(passMs, stopping);
  }
}

async function deliverOnce({ world, environment, log }: Notifying, stopping: AbortSignal): Promise<void> {
  const lock = tryLock(world.paths.locks, 'notify');
  if (lock === undefined) return;
  try {
    for (const attempt of await deliverDue(world, environment, stopping)) logAttempt(log, attempt);
  } finally {
    lock.release();
  }
}

function logAttempt(log: Log, { channel, event, requestId, failure, givenUp }: Attempt): void {
  if (failure === undefined) log('info', 'notified', { channel, about: event, requestId });
  else log('warning', 'not-notified', { channel, about: event, requestId, failure, givenUp });
}
