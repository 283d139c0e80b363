import {
  personKeys,
  executorKeys,
  verifyDecision,
  verifyRequest,
  verifyRosterChain,
} from '@countersign/messages';
import { nodeVerifier } from '@countersign/program';
import { verify } from 'node:crypto';
import { signerOf, storyAnchor } from '../test/model/story-cast.ts';
import { requireAnswer, type Benchmark, type Comparison } from './benchmark.ts';
import { measure } from './measure.ts';
import { rawPublicKey, rawSignature } from './raw-key.ts';
import { storyOfRequest } from './request.ts';

export const verifyBenchmark: Benchmark = {
  name: 'verify',
  about: 'a signed record decoded, checked and verified, against the bare verification of its signature',
  run: async () => {
    const { story, asked } = storyOfRequest();
    const chain = verifyRosterChain([story.ledger.body(1) ?? new Uint8Array(0)], storyAnchor, nodeVerifier);
    const { domain } = story;
    const request = asked.requestBytes ?? new Uint8Array(0);
    const decision = story.sign(asked, 'carol');
    const executors = { domain, keys: executorKeys(chain), verifier: nodeVerifier };
    const persons = { domain, keys: personKeys(chain), verifier: nodeVerifier };
    return [
      await compare('request', request, () => verifyRequest(request, executors), 'executor'),
      await compare('decision', decision, () => verifyDecision(decision, persons), 'carol'),
    ];
  },
};

async function compare(
  what: 'request' | 'decision',
  bytes: Uint8Array,
  ours: () => unknown,
  by: 'executor' | 'carol',
): Promise<Comparison> {
  const { message, signature } = rawSignature(bytes);
  const key = rawPublicKey(signerOf(by).publicKey);
  const bare = (): boolean => verify(null, message, key, signature);
  requireAnswer(bare(), `the signature of the ${what}`);
  const sides = [
    { name: what === 'request' ? 'verifyRequest' : 'verifyDecision', run: ours },
    { name: 'node:crypto verify', run: bare },
  ];
  return { title: `a ${what} of ${bytes.length} bytes`, measured: await measure(sides) };
}
