import type { Verified } from '@countersign/codec';
import { describe, expect, it } from 'vitest';
import {
  composeDecision,
  encodeRoster,
  recordDecision,
  reviewBundle,
  signDecision,
  type ApproverState,
  type Bundle,
  type DecisionChoice,
  type Person,
  type Review,
  type Roster,
} from '@countersign/messages';
import { codeOf } from './code-of.ts';
import { fresh } from './review-case.ts';
import { requestIndex, sceneLedger } from './scene-ledger.ts';
import {
  anchor,
  hash,
  kid,
  makeRoster,
  nextRoster,
  person,
  persons,
  rosters,
  signedRoster,
  signer,
  t0,
  verifier,
} from './scene.ts';

const ledger = sceneLedger();
const view = { program: hash('program'), depth: 'full', warnings: [] } as const;
const approve: DecisionChoice = { choice: 'approve', view };

function review(state: ApproverState, over: Partial<Bundle> = {}): Verified<Review> {
  return reviewBundle(ledger.bundleBytes(over), state, anchor, verifier, t0 + 60);
}

describe('a roster confirmed between the review and the signature', () => {
  const newer = nextRoster({ persons: [...persons, person('zoe', [])] });
  const pinned: ApproverState = { ...fresh, roster: encodeRoster(makeRoster()) };
  const later: ApproverState = { ...fresh, roster: encodeRoster(newer) };

  it('is not taken back by the older review', () => {
    const old = review(pinned);
    const signed = signDecision(composeDecision(old, approve, pinned, t0), signer('alice'));
    expect(codeOf(() => composeDecision(old, approve, later, t0))).toBe('compose/state-stale');
    expect(codeOf(() => recordDecision(old, signed, later, verifier))).toBe('compose/state-stale');
  });

  it('does not stand in the way when the review holds it', () => {
    const held = review(later, { rosters: [...rosters, signedRoster(newer)] });
    expect(composeDecision(held, approve, later, t0).roster.number).toBe(2);
  });
});

describe('a submission by a key that does not count', () => {
  const warningsUnder = (over: Partial<Roster>): readonly string[] =>
    review(fresh, { rosters: [...rosters, signedRoster(nextRoster(over))] }).warnings;
  const revoked = (fromIndex: number): readonly string[] =>
    warningsUnder({ revocations: [...makeRoster().revocations, { kid: kid('erik'), fromIndex }] });
  const valid = (window: Partial<Person['keys'][number]>): readonly string[] =>
    warningsUnder({
      persons: persons.map((one) =>
        one.id === 'erik' ? { ...one, keys: one.keys.map((key) => ({ ...key, ...window })) } : one,
      ),
    });

  it('is named when the key was revoked before the request was made', () => {
    expect(revoked(0)).toContain('review/submitter-may-not-submit');
    expect(revoked(requestIndex + 1)).not.toContain('review/submitter-may-not-submit');
  });

  it('is named when the key was not valid when the request was made', () => {
    expect(valid({ validUntil: t0 })).toContain('review/submitter-may-not-submit');
    expect(valid({ validFrom: t0 + 1 })).toContain('review/submitter-may-not-submit');
    expect(valid({ validFrom: t0, validUntil: t0 + 1 })).not.toContain('review/submitter-may-not-submit');
  });
});
