// Makes test/vectors/ledger/ledgers.json: `node test/model/ledger-vectors.ts`. Ledgers of this version must keep their verdict for ever,
// so the file is only ever added to.
import { writeFileSync } from 'node:fs';
import { fromHex, toBase64, toHex } from '@countersign/codec';
import { extractRequest, verifyBundle } from '@countersign/ledger';
import { encodeApproverState } from '@countersign/messages';
import { nodeVerifier } from '@countersign/program';
import type { Lie } from './lie.ts';
import { allLies } from './lies.ts';
import { emergencyStory, goodStory } from './good-story.ts';
import { signerOf, storyAnchor } from './story-cast.ts';

/** One lie for each code: the shortest. */
function shortestOfEachCode(): readonly Lie[] {
  const chosen = new Map<string, Lie>();
  for (const lie of allLies) {
    const known = chosen.get(lie.code);
    if (known === undefined || lie.bundle.length < known.bundle.length) chosen.set(lie.code, lie);
  }
  return [...chosen.values()];
}

const good = goodStory();
const erased = goodStory();
erased.ledger.erase(3);
const ledger = verifyBundle(good.bundle(), { anchor: storyAnchor, verifier: nodeVerifier });
const [firstId = ''] = ledger.lives.keys();

const vectors = {
  note: 'Ledgers signed with published seeds; code null: verified. Times, keys and ids are those of test/model/story.ts.',
  root: toHex(signerOf('root').publicKey),
  ledgers: [
    {
      name: 'an honest ledger',
      code: null,
      index: null,
      bundle: toBase64(good.bundle()),
      heads: [good.head],
      journals: [],
    },
    {
      name: 'an erased submission',
      code: null,
      index: null,
      bundle: toBase64(erased.bundle()),
      heads: [],
      journals: [],
    },
    ...shortestOfEachCode().map(({ name, code, index, bundle, heads, journals }) => ({
      name,
      code,
      index: index ?? null,
      bundle: toBase64(bundle),
      heads,
      journals: journals.map((journal) => toBase64(encodeApproverState(journal))),
    })),
    {
      name: 'a run that was declared an emergency',
      code: null,
      index: null,
      bundle: toBase64(emergencyStory().bundle()),
      heads: [],
      journals: [],
    },
  ],
  evidence: [
    {
      name: 'an executed request',
      state: 'executed',
      file: toBase64(extractRequest(ledger, fromHex(firstId))),
    },
  ],
};

writeFileSync(
  new URL('../vectors/ledger/ledgers.json', import.meta.url),
  `${JSON.stringify(vectors, null, 1)}\n`,
);
