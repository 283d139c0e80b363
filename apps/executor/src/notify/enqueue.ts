import { parseEnvelope } from '@countersign/codec';
import { decodeNote } from '@countersign/ledger';
import { decodeReceipt, type EntryType } from '@countersign/messages';
import type { NotifyEvent } from '../home/notify-setting.ts';
import { isEmergency } from '../stages/known-request.ts';
import { isQueued, queueNotification } from '../store/notification.ts';
import type { RequestState } from '../store/schema.ts';
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
  const happened = eventOf(entry);
  if (happened === undefined) return;
  const row = store.request(requestId);
  const emergency = row !== undefined && isEmergency(row);
  const event = emergency ? emergencyEvent(happened, row.state) : happened;
  if (event === undefined || (event === 'break-glass-denied' && !emergency)) return;
  for (const { name, events, targets } of configuration.notify.values()) {
    const told = toldAs(event, emergency, events);
    if (told === undefined) continue;
    if (targets !== undefined && (row === undefined || !targets.includes(row.target))) continue;
    // Anybody can have emergencies denied without end: while one of theirs waits, more of the same tell nothing new.
    const submitter = told === 'break-glass-denied' ? row?.submitter : undefined;
    if (submitter !== undefined && isQueued(store, { channel: name, event: told, submitter })) continue;
    queueNotification(store, { channel: name, entryIndex, event: told, requestId, madeAt });
  }
}

/** Returns what is told of an emergency in this state; undefined where another entry tells it, or nothing has happened. */
function emergencyEvent(event: NotifyEvent, state: RequestState): NotifyEvent | undefined {
  switch (event) {
    case 'break-glass':
      // Told once it is recorded, whatever its dry run gives. A read that runs unasked would have without the declaration.
      return state === 'submitted' ? event : undefined;
    case 'break-glass-denied':
      // A verdict that denies also ends what was withdrawn or could not be tried: policy denied what is denied.
      if (state === 'failed') return 'failed';
      return state === 'denied' ? event : undefined;
    default:
      return event;
  }
}

/** How each way an emergency can end is told to whoever wants to hear of emergencies alone. */
const endings: readonly NotifyEvent[] = [
  'break-glass-denied',
  'executed',
  'drifted',
  'failed',
  'ambiguous',
  'resolved',
];

/** Returns as which event a channel is told of something; whoever wants to hear of emergencies hears how they ended. */
function toldAs(
  event: NotifyEvent,
  emergency: boolean,
  wanted: readonly NotifyEvent[],
): NotifyEvent | undefined {
  if (emergency && wanted.includes('break-glass')) {
    if (event === 'requested') return 'break-glass';
    if (endings.includes(event)) return event;
  }
  return wanted.includes(event) ? event : undefined;
}

/** Returns what an entry tells of, or undefined where nobody is to be told. */
function eventOf({ type, body }: Appended): NotifyEvent | undefined {
  switch (type) {
    case 'submission':
      return isEmergency({ submission: body }) ? 'break-glass' : undefined;
    case 'verdict':
      return decodeNote('verdict', body).decision === 'deny' ? 'break-glass-denied' : undefined;
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
