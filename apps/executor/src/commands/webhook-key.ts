import { ExitCode, systemRandom, writeFileAtomically, type Implementation } from '@countersign/program';
import { formatWebhookKey, formatWebhookPublicKey, webhookSigner } from '../notify/webhook-key.ts';

const seedLength = 32;

/** `key webhook`: makes the key that signs webhooks; it signs nothing else. */
export const webhookKey: Implementation = ({ run: { output }, arguments: [path = ''] }) => {
  const text = formatWebhookKey(systemRandom(seedLength));
  writeFileAtomically(path, new Uint8Array(Buffer.from(`${text}\n`)), { overwrite: false, mode: 0o600 });
  const publicKey = formatWebhookPublicKey(webhookSigner(text));
  output.document({ code: 'key/webhook', file: path, publicKey });
  output.line(`wrote ${path}`);
  output.line(`public key for the receivers: ${publicKey}`);
  return Promise.resolve(ExitCode.done);
};
