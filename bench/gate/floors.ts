import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import { openRawStore } from '../home.ts';
import { measure } from '../measure.ts';
import { formatMicros } from '../report.ts';

/** Bytes of a signed submission of this benchmark. */
const submissionBytes = 300;
/** Bytes that the two transactions of an allowed read write, each. */
const recordBytes = 50_000;

/** Returns what the parts of an allowed read cost that nothing can take out of it, each by itself, as lines. */
export async function floors(directory: string): Promise<readonly string[]> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const message = Buffer.alloc(submissionBytes, 7);
  const signature = sign(null, message, privateKey);
  const store = openRawStore(directory);
  const record = new Uint8Array(recordBytes);
  try {
    const measured = await measure([
      {
        name: 'an Ed25519 verification (the submission)',
        run: () => verify(null, message, publicKey, signature),
      },
      { name: 'an Ed25519 signature (a head)', run: () => sign(null, message, privateKey) },
      { name: 'a durable commit of 50 KB (one of two)', run: () => store.commit(record) },
      { name: 'a SHA-256 of 300 bytes', run: () => createHash('sha256').update(message).digest() },
    ]);
    return measured.map(({ name, micros }) => `| ${name} | ${formatMicros(micros.median)} |`);
  } finally {
    store.close();
  }
}
