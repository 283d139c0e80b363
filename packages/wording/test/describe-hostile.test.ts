import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeRequest, renderTerminal, type Document, type ShownReview } from '../src/index.ts';
import { sampleReview } from './sample-review.ts';

const full = (change: Partial<ShownReview> = {}): Document =>
  describeRequest({ ...sampleReview, ...change }, 'full');

function withSql(sql: string): ShownReview {
  return { ...sampleReview, request: { ...sampleReview.request, statements: [{ sql, params: [] }] } };
}

test('any hostile text anywhere stays within its line, in visible characters', () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(text, fc.integer({ min: 40, max: 120 }), (hostile, width) => {
      const { request, submission, requester } = sampleReview;
      const document = full({
        request: {
          ...request,
          statements: [
            {
              sql: hostile,
              params: [
                { type: 'text', value: hostile },
                { type: 'number', value: hostile },
              ],
            },
          ],
          target: { ...request.target, name: hostile, serverVersion: hostile, session: [[hostile, hostile]] },
          policy: { ...request.policy, reason: hostile, rules: [hostile] },
          effect: { ...request.effect, notPreviewed: [hostile], schemaChanges: [hostile] },
        },
        submission: { ...submission, reason: hostile, context: [[hostile, hostile]] },
        requester: { ...requester, name: hostile },
        requestWords: hostile,
        origin: hostile,
      });
      const rendered = renderTerminal(document, { colour: false, width });
      expect(rendered).not.toMatch(/[^\P{C}\n]/u);
      for (const line of rendered.split('\n'))
        expect(Array.from(line.replace(/\p{M}/gu, '')).length).toBeLessThanOrEqual(width);
    }),
    { seed: 20_261_121, numRuns: 80 },
  );
}, 120_000);

test.each([
  ['without a space', 'x'.repeat(900_000)],
  ['of tabs and lines', '\t\n'.repeat(100_000)],
  ['of hidden characters', '\u200B'.repeat(100_000)],
  ['of look-alikes', 'p\u0430y '.repeat(50_000)],
  ['of different look-alikes', Array.from({ length: 20_000 }, (_, index) => `p\u0430y${index}`).join(' ')],
])(
  'a statement as long as allowed, %s, is written in reasonable time',
  (_, sql) => {
    const rendered = renderTerminal(describeRequest(withSql(sql), 'full'), { colour: true, width: 40 });
    expect(rendered.length).toBeGreaterThan(100_000);
  },
  10_000,
);

test('a width that is too small is refused', () => {
  for (const width of [39, 80.5]) {
    expect(() => renderTerminal(full(), { colour: false, width })).toThrow(
      expect.objectContaining({ code: 'render/width' }) as Error,
    );
  }
});
