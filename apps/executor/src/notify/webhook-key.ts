import { equalBytes, type Signer } from '@countersign/codec';
import { nodeSigner } from '@countersign/program';
import { ExecutorError } from '../executor-error.ts';

const prefix = 'whsk_';
const seedLength = 32;

/** Returns the signer of a webhook key: `whsk_` and base64 of the 32 bytes of a seed, or of seed and public key. @throws `notify/key` */
export function webhookSigner(text: string): Signer {
  const encoded = text.startsWith(prefix) ? text.slice(prefix.length) : '';
  const bytes = new Uint8Array(Buffer.from(encoded, 'base64'));
  const whole = bytes.length === seedLength || bytes.length === 2 * seedLength;
  if (!whole || Buffer.from(bytes).toString('base64') !== encoded) throw malformed();
  const signer = nodeSigner(bytes.slice(0, seedLength));
  if (bytes.length > seedLength && !equalBytes(bytes.slice(seedLength), signer.publicKey)) throw malformed();
  return signer;
}

function malformed(): ExecutorError {
  return new ExecutorError('notify/key', 'the signing key is none of the form whsk_BASE64', {
    hint: 'make one with `countersign key webhook FILE`',
  });
}

/** Returns a key as text, from 32 random bytes. */
export function formatWebhookKey(seed: Uint8Array): string {
  return `${prefix}${Buffer.from(seed).toString('base64')}`;
}

/** Returns the public key as receivers are given it: `whpk_` and base64. */
export function formatWebhookPublicKey({ publicKey }: Signer): string {
  return `whpk_${Buffer.from(publicKey).toString('base64')}`;
}

/** Returns the headers of Standard Webhooks for one attempt at `now`, in whole seconds since 1970. */
export function webhookHeaders(
  signer: Signer,
  { id, now, body }: { readonly id: string; readonly now: number; readonly body: string },
): Readonly<Record<string, string>> {
  const signature = signer.sign(new Uint8Array(Buffer.from(`${id}.${now}.${body}`)));
  return {
    'webhook-id': id,
    'webhook-timestamp': String(now),
    'webhook-signature': `v1a,${Buffer.from(signature).toString('base64')}`,
  };
}
