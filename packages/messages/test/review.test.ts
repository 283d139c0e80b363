import { describe, expect, it } from 'vitest';
import {
  messageErrorCodes,
  MessageError,
  reviewAt,
  reviewBundle,
  reviewWarningCodes,
  signRequest,
  type Review,
} from '@countersign/messages';
import { fresh, type ReviewCase } from './review-case.ts';
import { reviewCases } from './review-cases.ts';
import {
  anchor,
  kid,
  makeRequest,
  request,
  requestBytes,
  signer,
  submission,
  t0,
  verifier,
} from './scene.ts';
import { signedBy } from './decision-case.ts';
import { sceneLedger } from './scene-ledger.ts';
import { sha256 } from '@countersign/codec';

function outcome(given: ReviewCase): ReviewCase['expected'] {
  try {
    const review = reviewBundle(given.bundle, given.state, given.anchor, verifier, given.now);
    return { warnings: review.warnings };
  } catch (error) {
    if (error instanceof MessageError) return { code: error.code };
    throw error;
  }
}

function review(bytes: Uint8Array, state = fresh): Review {
  return reviewBundle(bytes, state, anchor, verifier, t0 + 60);
}

describe('reviewBundle', () => {
  it.each(reviewCases.map((given) => [given.name, given] as const))('a bundle %s', (_name, given) => {
    expect(outcome(given)).toEqual(given.expected);
  });

  it('is tried on every code and every warning', () => {
    const codes = reviewCases.flatMap(({ expected }) => ('code' in expected ? [expected.code] : []));
    const bundle = codes.filter((code) => code.startsWith('bundle/'));
    expect([...new Set(bundle)].sort()).toEqual(
      messageErrorCodes.filter((code) => code.startsWith('bundle/')).sort(),
    );
    const warnings = reviewCases.flatMap(({ expected }) => ('warnings' in expected ? expected.warnings : []));
    expect([...new Set(warnings)].sort()).toEqual([...reviewWarningCodes].sort());
  });

  it('is at another moment what it would have been, had it been made then', () => {
    const accepted = reviewCases.filter(({ expected }) => 'warnings' in expected);
    expect(accepted.length).toBeGreaterThan(10);
    for (const { bundle, state, anchor: keys, now } of accepted) {
      const found = reviewBundle(bundle, state, keys, verifier, now);
      const { madeAt, reviewBy, runBy } = found.request.record;
      for (const at of [madeAt - 1, madeAt, reviewBy, reviewBy + 1, runBy, runBy + 1])
        expect(reviewAt(found, state, at)).toEqual(reviewBundle(bundle, state, keys, verifier, at));
    }
  });

  it('permits no more to a key whose time has passed since', () => {
    const state = { ...fresh, kid: kid('gus') };
    const found = reviewBundle(sceneLedger().bundleBytes(), state, anchor, verifier, t0);
    expect(found.permissions).toEqual({ approve: null, deny: null, amend: null });
    const code = 'decision/key-expired';
    expect(reviewAt(found, state, t0 + 9).permissions).toEqual(found.permissions);
    expect(reviewAt(found, state, t0 + 10).permissions).toEqual({ approve: code, deny: code, amend: code });
  });

  it('hands over what was signed', () => {
    const found = review(sceneLedger().bundleBytes());
    expect(found.request).toMatchObject({
      record: request,
      hash: sha256(requestBytes),
      kid: kid('executor'),
    });
    expect(found.submission.record).toEqual(submission);
    expect(found.submitter.id).toBe('erik');
    expect(found.diff).toEqual({ form: 'inline', bytes: request.effect.diff });
    expect(found.permissions).toEqual({ approve: null, deny: null, amend: null });
    expect(found.tally).toMatchObject({ state: 'open', step: 0 });
  });

  it('tallies the earlier decisions for itself', () => {
    const found = review(sceneLedger().bundleBytes({ decisions: [signedBy('carol'), signedBy('dora')] }));
    expect(found.earlier.map(({ person, step }) => [person, step])).toEqual([
      ['carol', 0],
      ['dora', 0],
    ]);
    expect(found.tally).toMatchObject({ state: 'open', step: 1, missing: [{ role: 'dba', count: 1 }] });
  });

  it.each([
    ['ivy', 'decision/role-missing'],
    ['erik', 'decision/role-missing'],
    ['hal', 'decision/key-revoked'],
    ['robot', 'decision/not-human'],
    ['mallory', 'decision/key-unknown'],
  ])('says that %s may not decide', (name, code) => {
    const found = review(sceneLedger().bundleBytes(), { ...fresh, kid: kid(name) });
    expect(found.permissions.approve).toBe(code);
  });

  it('says that a rejected request is beyond deciding', () => {
    const found = review(sceneLedger().bundleBytes({ decisions: [signedBy('carol', { choice: 'deny' })] }));
    expect(found.permissions.approve).toBe('decision/request-rejected');
  });

  it('keeps an approval of a later step whose earlier one was revoked', () => {
    // Counted while step 0 was complete; the approval that completed it is no longer in the bundle.
    const quorum = [[{ role: 'dba', count: 1 }], [{ role: 'security', count: 1 }]];
    const bytes = signRequest(makeRequest({ policy: { ...request.policy, quorum } }), signer('executor'));
    const carol = signedBy('carol', { requestHash: sha256(bytes) });
    const found = review(sceneLedger('genesis', bytes).bundleBytes({ request: bytes, decisions: [carol] }));
    expect(found.earlier.map(({ person, step }) => [person, step])).toEqual([['carol', 1]]);
    expect(found.tally).toMatchObject({ state: 'open', step: 0, wanted: ['dba'] });
  });
});
