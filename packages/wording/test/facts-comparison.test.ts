import { unsettle, type Facts } from '@countersign/sql';
import { expect, test } from 'vitest';
import { agreementOf, compareFacts } from '../src/index.ts';
import { sampleFacts } from './sample-review.ts';

test('only facts that hold all that was read here are graver', () => {
  const graver = unsettle(sampleFacts, 0);
  expect(agreementOf(sampleFacts, sampleFacts)).toBe('same');
  expect(agreementOf(graver, sampleFacts)).toBe('graver');
  const [first, ...others] = graver.statements;
  if (first === undefined) throw new Error('no statement');
  const lies: readonly Facts[] = [
    { ...graver, parsed: false },
    { ...graver, hazards: [] },
    { ...graver, statements: others },
    { ...graver, assumes: { ...graver.assumes, relations: [] } },
    ...[
      { writes: [] },
      { reads: [] },
      { columnsWritten: ['main.customers.note'] },
      { kind: 'select' },
      { effects: ['unknown' as const] },
      { where: 'none' as const },
      { opaque: false },
      { hazards: first.hazards.slice(1) },
      { hazards: first.hazards.slice(0, 1) },
    ].map((lie) => ({ ...graver, statements: [{ ...first, ...lie }, ...others] })),
  ];
  expect(lies.map((lie) => agreementOf(lie, sampleFacts))).toEqual(lies.map(() => 'differs'));
});

test('a list is never taken for another that reads like it', () => {
  const assuming = (...functions: readonly string[]): Facts => ({
    ...sampleFacts,
    assumes: { ...sampleFacts.assumes, functions },
  });
  for (const [one, other] of [
    [assuming(), assuming('nothing')],
    [assuming('a, b'), assuming('a', 'b')],
    [assuming('"a"'), assuming('a')],
  ] as const)
    expect(compareFacts(one, other)).not.toEqual([]);
});
