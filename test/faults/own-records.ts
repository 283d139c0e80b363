import { fromHex, parseEnvelope } from '@countersign/codec';
import { decodeReceipt, decodeRequest, type Receipt, type Request } from '@countersign/messages';
import type { Lab } from './lab.ts';

/** Returns the sealed request that the executor of a lab keeps. */
export async function requestOf(lab: Lab, id: string): Promise<Request> {
  return decodeRequest(await payloadOf(lab, id, 'sealed'));
}

/** Returns the receipt that the executor of a lab keeps. */
export async function receiptOf(lab: Lab, id: string): Promise<Receipt> {
  return decodeReceipt(await payloadOf(lab, id, 'receipt'));
}

async function payloadOf(lab: Lab, id: string, what: 'sealed' | 'receipt'): Promise<Uint8Array> {
  const bytes = await lab.inWorld((world) => world.store.request(fromHex(id))?.[what]);
  return parseEnvelope(bytes ?? new Uint8Array()).payload ?? new Uint8Array();
}
