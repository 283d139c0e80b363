import { sha256 } from '@countersign/codec';
import { signRequest } from '@countersign/messages';
import { createHash, sign } from 'node:crypto';
import { signerOf } from '../test/model/story-cast.ts';
import { requireAnswer, type Benchmark } from './benchmark.ts';
import { measure } from './measure.ts';
import { rawPrivateKey, rawSignature } from './raw-key.ts';
import { storyOfRequest } from './request.ts';

export const sealBenchmark: Benchmark = {
  name: 'seal',
  about: 'a request of everyday size encoded, signed and hashed, against the bare signature and hash',
  run: async () => {
    const { request } = storyOfRequest();
    const signer = signerOf('executor');
    const sealed = signRequest(request, signer);
    const { message } = rawSignature(sealed);
    const key = rawPrivateKey();
    requireAnswer(
      Buffer.from(sha256(sealed)).equals(createHash('sha256').update(sealed).digest()),
      'the hash of the request',
    );
    const sides = [
      { name: 'signRequest and sha256', run: () => sha256(signRequest(request, signer)) },
      {
        name: 'node:crypto sign and SHA-256 of the same bytes',
        run: () => [sign(null, message, key), createHash('sha256').update(sealed).digest()],
      },
    ];
    return [{ title: `a request of ${sealed.length} bytes`, measured: await measure(sides) }];
  },
};
