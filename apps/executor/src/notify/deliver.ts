import { failureOf } from '@countersign/program';
import type { ChannelSetting } from '../home/notify-setting.ts';
import type { Environment } from '../home/open-setting.ts';
import { closeDue } from '../stages/expire.ts';
import {
  dropNotification,
  dueNotifications,
  forgetNotifications,
  postponeNotification,
  type NotificationRow,
} from '../store/notification.ts';
import type { World } from '../world.ts';
import { sendNotice } from './channel.ts';
import { noticeOf } from './notice.ts';
import { NotTaken } from './post.ts';

/** What became of one attempt. */
export interface Attempt {
  readonly channel: string;
  readonly event: string;
  readonly requestId: Uint8Array;
  /** Undefined: it arrived. */
  readonly failure?: string;
  /** It failed for the last time. */
  readonly givenUp?: boolean;
}

const passMax = 200;
const firstDelaySeconds = 10;
const delaySecondsMax = 3_600;
/** With an hour between two, some three days. */
export const attemptsMax = 80;
const keptSeconds = 30 * 86_400;
/** The endpoint says that it is gone for good. */
const gone = 410;

/**
 * Sends what is due, the channels side by side and the messages of each in the order of the ledger, and returns what became of each.
 * A channel that fails is left alone until the next pass. Nothing that happens here changes a request.
 */
export async function deliverDue(
  world: World,
  environment: Environment,
  signal: AbortSignal,
): Promise<readonly Attempt[]> {
  closeDue(world);
  const now = world.clock();
  world.store.atomically(() => forgetNotifications(world.store, now - keptSeconds));
  const channels = [...world.configuration.notify.values()];
  const attempts = await Promise.all(
    channels.map((channel) => deliverTo(world, environment, channel, signal)),
  );
  return attempts.flat();
}

async function deliverTo(
  world: World,
  environment: Environment,
  channel: ChannelSetting,
  signal: AbortSignal,
): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  for (const queued of dueNotifications(world.store, channel.name, world.clock(), passMax)) {
    if (signal.aborted) break;
    const attempt = await attemptOne(world, environment, channel, queued);
    attempts.push(attempt);
    if (attempt.failure !== undefined) break;
  }
  return attempts;
}

async function attemptOne(
  world: World,
  environment: Environment,
  channel: ChannelSetting,
  queued: NotificationRow,
): Promise<Attempt> {
  const { event, requestId } = queued;
  const told = { channel: channel.name, event, requestId };
  try {
    await sendNotice(world, environment, channel, noticeOf(world, queued, channel.show));
  } catch (thrown) {
    const { code, message } = failureOf(thrown);
    const failure = `${code}: ${message}`.slice(0, 500);
    const nextAt = nextAttempt(world, queued, thrown);
    world.store.atomically(() => postponeNotification(world.store, queued, { nextAt, failure }));
    return { ...told, failure, givenUp: nextAt === null };
  }
  world.store.atomically(() => dropNotification(world.store, queued));
  return told;
}

/** Returns when to try again: later and later, never all at once, and as late as the endpoint asks; null when it is given up. */
function nextAttempt(world: World, { attempts }: NotificationRow, thrown: unknown): number | null {
  if (attempts + 1 >= attemptsMax || (thrown instanceof NotTaken && thrown.status === gone)) return null;
  const full = Math.min(delaySecondsMax, firstDelaySeconds * 2 ** attempts);
  const [random = 0] = world.random(1);
  const jittered = full / 2 + (full / 2) * (random / 255);
  const asked = thrown instanceof NotTaken ? (thrown.retryAfter ?? 0) : 0;
  return world.clock() + Math.ceil(Math.max(jittered, Math.min(asked, delaySecondsMax)));
}
