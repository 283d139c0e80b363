import { afterAll, expect, test } from 'vitest';
import { proposedStatements } from '../src/core/proposal.ts';
import { Stage } from './stage.ts';

const stage = await Stage.open();
afterAll(() => {
  stage.remove();
});

test('the program brings the reader of PostgreSQL', async () => {
  const text = 'SELECT $$a;b$$; DELETE FROM orders WHERE id = 1';
  // Unread, a text stays whole; only PostgreSQL's own reader cuts this one right.
  expect(proposedStatements(text, 'postgres').map(({ sql }) => sql)).toEqual([text]);
  expect((await stage.offline(['--version'])).exitCode).toBe(0);
  expect(proposedStatements(text, 'postgres').map(({ sql }) => sql)).toEqual([
    'SELECT $$a;b$$',
    'DELETE FROM orders WHERE id = 1',
  ]);
});
