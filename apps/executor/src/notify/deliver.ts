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
import { attemptMs, sendNotice } from './channel.ts';
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

/** How long one attempt may take, and how long one pass begins others for a channel: the next pass is never far. */
export interface DeliveryBounds {
  readonly attemptMs: number;
  readonly passMs: number;
}

const defaultBounds: DeliveryBounds = { attemptMs, passMs: 10_000 };
/** Read from the queue at once, for each channel. */
const messagesMax = 200;
const firstDelaySeconds = 10;
const delaySecondsMax = 3_600;
/** With an hour between two, some three days. */
const attemptsMax = 80;
const keptSeconds = 30 * 86_400;
/** The endpoint says that it is gone for good. */
const gone = 410;

/**
 * Sends what is due, the channels side by side and the messages of each in the order of the ledger, and returns what became of each.
 * A channel that fails, or takes long, is left alone until the next pass. Nothing that happens here changes a request.
 */
export async function deliverDue(
  world: World,
  environment: Environment,
  stopping: AbortSignal,
  bounds: DeliveryBounds = defaultBounds,
): Promise<readonly Attempt[]> {
  closeDue(world);
  const now = world.clock();
  world.store.atomically(() => forgetNotifications(world.store, now - keptSeconds));
  const channels = [...world.configuration.notify.values()];
  const begun = performance.now();
  const goesOn = (): boolean => !stopping.aborted && performance.now() - begun < bounds.passMs;
  const settled = await Promise.allSettled(
    channels.map((channel) => deliverTo({ world, environment, channel }, goesOn, bounds.attemptMs)),
  );
  return settled.flatMap((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

interface Delivery {
  readonly world: World;
  readonly environment: Environment;
  readonly channel: ChannelSetting;
}

async function deliverTo(
  delivery: Delivery,
  goesOn: () => boolean,
  timeoutMs: number,
): Promise<readonly Attempt[]> {
  const { world, channel } = delivery;
  const attempts: Attempt[] = [];
  for (const queued of dueNotifications(world.store, channel.name, world.clock(), messagesMax)) {
    const attempt = await attemptOne(delivery, queued, AbortSignal.timeout(timeoutMs));
    attempts.push(attempt);
    if (attempt.failure !== undefined || !goesOn()) break;
  }
  return attempts;
}

async function attemptOne(
  { world, environment, channel }: Delivery,
  queued: NotificationRow,
  signal: AbortSignal,
): Promise<Attempt> {
  const { event, requestId } = queued;
  const told = { channel: channel.name, event, requestId };
  try {
    await sendNotice(world, environment, channel, noticeOf(world, queued, channel.show), signal);
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
