import { parseEnvelope } from '@countersign/codec';
import { decodeNote } from '@countersign/ledger';
import { decodeReceipt, type EntryType } from '@countersign/messages';
import type { NotifyEvent } from '../home/notify-setting.ts';
import { queueNotification } from '../store/notification.ts';
import type { World } from '../world.ts';

/** An entry that was just appended. */
export interface Appended {
  readonly type: EntryType;
  readonly body: Uint8Array;
  readonly requestId: Uint8Array | undefined;
  readonly index: number;
  readonly madeAt: number;
}

/**
 * Queues a message to each channel that wants to hear of an entry, in the transaction that appends it: after a crash there are both or
 * neither. Nothing is sent here, and nothing that is sent later changes a verdict.
 */
export function enqueue({ configuration, store }: World, entry: Appended): void {
  const { requestId, index: entryIndex, madeAt } = entry;
  if (configuration.notify.size === 0 || requestId === undefined) return;
  const event = eventOf(entry);
  if (event === undefined) return;
  const target = store.request(requestId)?.target;
  for (const { name, events, targets } of configuration.notify.values()) {
    if (!events.includes(event)) continue;
    if (targets !== undefined && (target === undefined || !targets.includes(target))) continue;
    queueNotification(store, { channel: name, entryIndex, event, requestId, madeAt });
  }
}

/** Returns what an entry tells of, or undefined where nobody is to be told. */
function eventOf({ type, body }: Appended): NotifyEvent | undefined {
  switch (type) {
    case 'request':
      return 'requested';
    case 'export':
      return 'exported';
    case 'decision':
      return 'decided';
    case 'receipt':
      return receiptEvent(body);
    case 'closed': {
      const { kind } = decodeNote('closed', body);
      // A rejection is told of by the decision that made it.
      if (kind === 'rejected') return undefined;
      return kind === 'expired' ? 'expired' : 'withdrawn';
    }
    default:
      return undefined;
  }
}

function receiptEvent(body: Uint8Array): NotifyEvent {
  const { payload } = parseEnvelope(body);
  const { outcome } = decodeReceipt(payload ?? new Uint8Array());
  return outcome === 'resolved-ran' || outcome === 'resolved-did-not-run' ? 'resolved' : outcome;
}
