import { nodeVerifier } from '@countersign/program';
import { expect, test } from 'vitest';
import { entryTypes } from '@countersign/messages';
import { verifyBundle } from '../src/index.ts';
import { goodStory } from '../../../test/model/good-story.ts';
import { storyAnchor } from '../../../test/model/story-cast.ts';

test('an honest ledger with every type of entry is verified', () => {
  const story = goodStory();
  const ledger = verifyBundle(story.bundle(), { anchor: storyAnchor, verifier: nodeVerifier });
  expect(ledger.size).toBe(story.ledger.size);
  expect(new Set(ledger.entries.map(({ entry }) => entry.type))).toEqual(new Set(entryTypes));
  expect([...ledger.lives.values()].map((life) => life.state)).toEqual([
    'executed',
    'ran',
    'denied',
    'rejected',
    'withdrawn',
    'expired',
    'resolved',
    'drifted',
    'rejected',
    'executed',
    'pending',
  ]);
});
