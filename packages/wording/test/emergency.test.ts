import type { OrdinaryVerdict } from '@countersign/messages';
import { expect, test } from 'vitest';
import { describeRequest, renderTerminal, type Document, type ShownReview } from '../src/index.ts';
import { sampleReview } from './sample-review.ts';

const declared = (ordinary: OrdinaryVerdict, change: Partial<ShownReview> = {}): Document => {
  const { request, submission } = sampleReview;
  return describeRequest(
    {
      ...sampleReview,
      request: {
        ...request,
        policy: { ...request.policy, quorum: [[{ role: 'dba', count: 1 }]] },
        breakGlass: ordinary,
      },
      submission: { ...submission, breakGlass: true },
      ...change,
    },
    'full',
  );
};
const text = (document: Document): string => renderTerminal(document, { colour: false, width: 160 });
const twoSteps = [[{ role: 'dba', count: 2 }], [{ role: 'owner', count: 1 }]];

test('a declared emergency stands before everything else', () => {
  const document = declared({ decision: 'require', quorum: twoSteps });
  expect(document.sections.map(({ id }) => id).slice(0, 2)).toEqual(['emergency', 'checks']);
  expect(document.warnings).toContain('request/break-glass');
  const said = text(document);
  expect(said).toContain(`Declared an emergency by ${sampleReview.requester.name} (`);
  expect(said).toContain('): policy asks for 1 person instead of 3.');
  expect(said).toMatch(/Asked now +1 × dba\n/);
  expect(said).toMatch(/Otherwise +2 × dba, then 1 × owner\n/);
});

test.each([
  [{ decision: 'deny', quorum: [] }, 'policy asks for 1 person for what it denies otherwise.'],
  [{ decision: 'allow', quorum: [] }, 'policy asks for 1 person for what otherwise runs unasked.'],
  [
    { decision: 'require', quorum: [[{ role: 'dba', count: 1 }]] },
    'policy asks for 1 person, as it does otherwise.',
  ],
  [
    { decision: 'require', quorum: [[{ role: 'owner', count: 1 }]] },
    'policy asks for 1 person, in other roles or another order than otherwise.',
  ],
] as const)('what it changed is said as it is: %j', (ordinary, words) => {
  expect(text(declared(ordinary))).toContain(words);
});

test('what is not consistent is not hidden, and nothing is said where nothing was declared', () => {
  const { submission } = sampleReview;
  const unmarked = describeRequest(
    { ...sampleReview, submission: { ...submission, breakGlass: true } },
    'full',
  );
  expect(unmarked.sections[0]?.id).toBe('emergency');
  const undeclared = declared({ decision: 'deny', quorum: [] }, { submission });
  expect(undeclared.sections[0]?.id).toBe('emergency');
  expect(describeRequest(sampleReview, 'full').sections[0]?.id).toBe('checks');
});

test('a hostile name does nothing there', () => {
  const requester = { ...sampleReview.requester, name: 'Eve\u202E\u001B[31m' };
  expect(text(declared({ decision: 'deny', quorum: [] }, { requester }))).toContain(
    'Declared an emergency by Eve⟨U+202E⟩⟨U+001B⟩[31m (',
  );
});
