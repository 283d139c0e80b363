import { verifyBundle, parseBundle } from '@countersign/ledger';
import { parseCheckpoint } from '@countersign/merkle';
import { decodeEntry } from '@countersign/messages';
import { keyId, toHex } from '@countersign/codec';
import { nodeVerifier } from '@countersign/program';
import { createHash, verify, type KeyObject } from 'node:crypto';
import { cast, signerOf, storyAnchor } from '../test/model/story-cast.ts';
import { Story } from '../test/model/story.ts';
import { requireAnswer, type Benchmark } from './benchmark.ts';
import { measure } from './measure.ts';
import { rawPublicKey, rawSignature, type RawSignature } from './raw-key.ts';

const runs = 260;
const signedBodies: readonly string[] = ['submission', 'request', 'decision', 'receipt'];

/** The least that any verification of a ledger has to compute. */
interface Floor {
  readonly signatures: readonly (RawSignature & { readonly key: KeyObject })[];
  readonly hashed: readonly Uint8Array[];
}

export const auditBenchmark: Benchmark = {
  name: 'audit',
  about: 'a whole audit bundle verified and replayed, against the bare verifications and hashes in it',
  run: async () => {
    const story = new Story().begin();
    for (let index = 0; index < runs; index += 1) story.run();
    const bundle = story.bundle();
    const trust = { anchor: storyAnchor, verifier: nodeVerifier };
    requireAnswer(verifyBundle(bundle, trust).size === story.ledger.size, 'the size of the ledger');
    const { signatures, hashed } = floorOf(bundle);
    for (const { message, key, signature } of signatures)
      requireAnswer(verify(null, message, key, signature), 'a signature of the ledger');
    const bytes = hashed.reduce((sum, one) => sum + one.length, 0);
    const sides = [
      { name: 'verifyBundle', run: () => verifyBundle(bundle, trust) },
      {
        name: `${signatures.length} node:crypto verifications and ${hashed.length} SHA-256`,
        run: () => {
          for (const { message, key, signature } of signatures) verify(null, message, key, signature);
          for (const one of hashed) createHash('sha256').update(one).digest();
        },
      },
    ];
    const measured = await measure(sides, { rounds: 7, units: story.ledger.size });
    const title = `one of ${story.ledger.size} entries, ${Math.round(bundle.length / 1024)} KB of bundle`;
    return [{ title, measured, notes: [`the hashes go over ${Math.round(bytes / 1024)} KB`] }];
  },
};

/** Each signature once; each entry as leaf and as predecessor, each body, each inner node of the tree. */
function floorOf(bundle: Uint8Array): Floor {
  const { items, checkpoint } = parseBundle(bundle);
  const keys = new Map(
    cast.map((actor) => {
      const { publicKey } = signerOf(actor);
      return [toHex(keyId(publicKey)), rawPublicKey(publicKey)] as const;
    }),
  );
  const signatures = items.flatMap(({ entry, body }) => {
    if (body === null || !signedBodies.includes(decodeEntry(entry).type)) return [];
    const { kid, ...signed } = rawSignature(body);
    const key = keys.get(toHex(kid));
    return key === undefined ? [] : [{ ...signed, key }];
  });
  const head = parseCheckpoint(checkpoint);
  const [line] = head.signatures;
  if (line !== undefined) {
    const key = rawPublicKey(signerOf('executor').publicKey);
    signatures.push({ message: Buffer.from(head.text), signature: line.signature, key });
  }
  const nodes = items.slice(1).map(() => new Uint8Array(65));
  const hashed = [...items.flatMap(({ entry, body }) => [entry, entry, ...(body ? [body] : [])]), ...nodes];
  return { signatures, hashed };
}
