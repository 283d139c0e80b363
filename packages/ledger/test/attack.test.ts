import { nodeVerifier } from '@countersign/program';
import type { Effect } from '@countersign/messages';
import { expect, test } from 'vitest';
import { verifyBundle } from '../src/index.ts';
import { storyAnchor } from '../../../test/model/story-cast.ts';
import { Story } from '../../../test/model/story.ts';

/** A ledger whose executed request has a receipt with another effect than was signed, under the same rows and digest. */
function executedWith(change: Partial<Effect>): Uint8Array {
  const story = new Story().begin();
  const made = story.ask();
  story.decide(made, 'carol');
  story.decide(made, 'dave');
  story.intent(made);
  const signed = made.request?.effect;
  if (signed === undefined) throw new Error('no request');
  story.receipt(made, { effect: { ...signed, ...change } });
  return story.bundle();
}

const verify = (bytes: Uint8Array): unknown =>
  verifyBundle(bytes, { anchor: storyAnchor, verifier: nodeVerifier });

// What a report says of a run comes out of the receipt: it must not name another table under the digest that was signed.
test.each<[string, Partial<Effect>]>([
  ['another table', { tables: [{ table: 'logins', inserted: 0, updated: 1, deleted: 0 }] }],
  ['other counts', { tables: [{ table: 'customers', inserted: 0, updated: 0, deleted: 1 }] }],
  ['rows that nobody saw', { complete: false }],
])('a receipt of an executed request that tells of %s is refused', (_, change) => {
  expect(() => verify(executedWith(change))).toThrow(
    expect.objectContaining({ code: 'ledger/effect-differs' }),
  );
});

test('the effect that was signed is accepted', () => {
  expect(() => verify(executedWith({}))).not.toThrow();
});
