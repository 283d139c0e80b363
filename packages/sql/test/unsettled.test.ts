import { expect, test } from 'vitest';
import { classifyTexts, unsettle } from '../src/index.ts';

test('one statement becomes unknown, and the text no longer reads only', () => {
  const facts = classifyTexts(['SELECT 1', 'SELECT 2'], 'sqlite');
  expect(facts.readOnly).toBe(true);
  const graver = unsettle(facts, 1);
  expect(graver).toMatchObject({ readOnly: false, effect: 'unknown', parsed: true });
  expect(graver.statements.map(({ effects, opaque }) => [effects, opaque])).toEqual([
    [['read'], false],
    [['read', 'unknown'], true],
  ]);
  expect(graver.statements[1]?.hazards).toEqual([{ code: 'opaque', text: 1, offset: 0, length: 0 }]);
});
