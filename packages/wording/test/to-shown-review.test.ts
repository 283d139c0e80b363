import { readFileSync } from 'node:fs';
import { fromHex, nobleVerifier, toHex } from '@countersign/codec';
import { newApproverState, reviewBundle, type Review } from '@countersign/messages';
import { expect, test } from 'vitest';
import { describeRequest, plainText, renderTerminal, toShownReview, type Document } from '../src/index.ts';
import { sampleFacts } from './sample-review.ts';

interface BundleCase {
  readonly name: string;
  readonly bundle: string;
  readonly state: { readonly domain: string; readonly kid: string };
  readonly anchor: { readonly threshold: number; readonly keys: readonly string[] };
  readonly now: number;
}

// The bundles of the records' own vectors, as a machine that remembers nothing sees them.
const url = new URL('../../../test/vectors/messages/bundles.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(url, 'utf8')) as { readonly cases: readonly BundleCase[] };

function show(name: string): { readonly review: Review; readonly document: Document } {
  const found = cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no bundle ${name}`);
  const { bundle, state, anchor, now } = found;
  const review = reviewBundle(
    fromHex(bundle),
    newApproverState(fromHex(state.domain), fromHex(state.kid)),
    { threshold: anchor.threshold, keys: anchor.keys.map(fromHex) },
    nobleVerifier,
    now,
  );
  const facts = { signed: sampleFacts, here: null };
  const shown = toShownReview(review, {
    words: 'five words',
    requesterWords: 'words of the key',
    facts,
    diff: null,
    now,
  });
  return { review, document: describeRequest(shown, 'full') };
}

test('a bundle at first contact is shown with what could not be compared', () => {
  const { review, document } = show('at first contact');
  const [checks] = document.sections;
  const marks = checks?.blocks.map((block) => (block.kind === 'line' ? block.mark : ''));
  expect(marks?.filter((mark) => mark === '✓')).toHaveLength(6);
  expect(document.warnings).toEqual(expect.arrayContaining(['review/first-contact', 'check/skipped']));
  const text = renderTerminal(document, { colour: false, width: 100 });
  expect(text).toContain(`Name          ${review.submitter.name}`);
  expect(text).toContain('Signed with   words of the key');
  expect(text).toContain(`Key           ${toHex(review.submission.kid)}`);
  expect(text).toContain(`Executor      ${review.checkpoint.origin}`);
  expect(text).toContain('Nobody has decided yet.');
});

test.each([
  ['with an earlier approval', 'approved step 1'],
  ['with an earlier denial', 'denied'],
])('a bundle %s says by whom', (name, words) => {
  const { review, document } = show(name);
  const [earlier] = review.earlier;
  const quorum = document.sections.find((section) => section.id === 'quorum');
  const lines = quorum?.blocks.flatMap((block) => (block.kind === 'line' ? [plainText(block.spans)] : []));
  expect(earlier).toBeDefined();
  expect(lines?.[0]).toContain(`${earlier?.name ?? ''} (${earlier?.person ?? ''}) ${words}`);
});

test.each([
  ['confirmed', true, 'passed'],
  ['still on its way, or withheld', false, 'missing'],
])('a last decision that is %s is said to be so', (_, confirmed, outcome) => {
  const { review } = show('at first contact');
  const journal = [{ decision: Uint8Array.of(1), confirmed, refusal: null }];
  const withJournal: Review = { ...review, log: { ...review.log, journal } };
  const facts = { signed: sampleFacts, here: null };
  const { checks } = toShownReview(withJournal, {
    words: 'five words',
    requesterWords: 'words of the key',
    facts,
    diff: null,
    now: 0,
  });
  expect(checks.find(({ name }) => name === 'last-decision')?.outcome).toBe(outcome);
});

test('nothing was ever decided, and a decision that is not there: two outcomes and two sentences', () => {
  const { review } = show('at first contact');
  const facts = { signed: sampleFacts, here: null };
  const parts = { words: 'five words', requesterWords: 'words of the key', facts, diff: null, now: 0 };
  const open = [{ decision: Uint8Array.of(1), confirmed: false, refusal: null }];
  const [never, gone] = [[], open].map((journal) =>
    describeRequest(toShownReview({ ...review, log: { ...review.log, journal } }, parts), 'full'),
  );
  const text = (document: Document | undefined): string =>
    document === undefined ? '' : renderTerminal(document, { colour: false, width: 300 });
  expect(text(never)).toContain('You have not decided anything in this ledger yet');
  expect(text(gone)).toContain('it was withheld: do not approve, and ask.');
  expect([never?.warnings.includes('check/missing'), gone?.warnings.includes('check/missing')]).toEqual([
    false,
    true,
  ]);
});

test.each([
  ['reviewBy', 'review/review-late'],
  ['runBy', 'review/run-late'],
] as const)('after %s the verdict is not that all checks passed', (field, code) => {
  const { review } = show('at first contact');
  const facts = { signed: sampleFacts, here: sampleFacts };
  const at = (now: number): Document =>
    describeRequest(
      toShownReview(review, {
        words: 'five words',
        requesterWords: 'words of the key',
        facts,
        diff: null,
        now,
      }),
      'full',
    );
  const { record } = review.request;
  const late = toShownReview(review, {
    words: 'five words',
    requesterWords: 'words of the key',
    facts,
    diff: null,
    now: record[field] + 1,
  });
  expect(late.checks.find(({ name }) => name === 'in-time')).toEqual({
    name: 'in-time',
    outcome: 'failed',
    code,
  });
  expect(at(record[field] + 1).warnings).toContain('check/failed');
  expect(at(record.reviewBy).warnings).not.toContain('check/failed');
});
