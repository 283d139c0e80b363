import { afterAll, expect, test, vi } from 'vitest';
import { Lab, removeLabs } from './lab.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

test('what no request can be made of ends as failed, under the name of what ended it', async () => {
  const lab = await Lab.make();
  // More of the database than a request has room for.
  for (const index of Array(8).keys())
    lab.write(
      `CREATE TRIGGER t${index} AFTER UPDATE OF tier ON customers BEGIN SELECT '${'x'.repeat(40_000)}'; END`,
    );
  const sql = "UPDATE customers SET tier = 'gold' WHERE id = 1";
  const refused = await lab.ask('submit', sql, '--reason', 'loyalty campaign');
  expect([refused.exitCode, refused.code]).toEqual([2, 'request/catalog-too-large']);
  const { document } = await lab.ask('list');
  const [row] = document['requests'] as readonly { request_id: string; state: string; detail: string }[];
  expect(row).toMatchObject({
    state: 'failed',
    detail: expect.stringMatching(/^no request can be made of it: /) as string,
  });
  const shown = await lab.ask('show', row?.request_id ?? '');
  expect(shown.document['verdict']).toMatchObject({ decision: 'deny', rules: ['request/not-made'] });
  const replayed = await lab.ask('policy', 'test', '--replay');
  expect(JSON.stringify(replayed.document)).toContain('"gap":"request/not-made"');
});
