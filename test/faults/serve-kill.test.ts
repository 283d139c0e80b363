import { afterAll, expect, test, vi } from 'vitest';
import type { HttpAnswer } from '../../apps/executor/test/http-client.ts';
import { Lab, removeLabs } from './lab.ts';
import { serveApart } from './serve-process.ts';
import { Client } from './serving.ts';

vi.setConfig({ testTimeout: 300_000 });
afterAll(removeLabs);

const terminal = ['ran', 'denied', 'pending', 'failed', 'withdrawn'];

test('a server that is killed again and again loses nothing, runs nothing twice and leaves nothing open', async () => {
  const lab = await Lab.make();
  let server = await serveApart(lab, 0);
  const port = Number(new URL(server.url).port);
  const statements = [
    'SELECT id FROM orders',
    "UPDATE orders SET status = 'x' WHERE id = 101",
    'DELETE FROM orders',
    'SELECT count(*) FROM items',
  ];
  const drafts = await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      const client = Client.of(server.url, index % 2 === 0 ? 'ci' : 'agent-7');
      const draft = {
        target: 'demo',
        sql: statements[index % statements.length] ?? '',
        reason: `number ${index}`,
      };
      return { client, bytes: await client.drafted(draft) };
    }),
  );
  let restarting = Promise.resolve();
  const done = new AbortController();
  const killer = (async () => {
    for (let times = 0; !done.signal.aborted && times < 3; times += 1) {
      await new Promise((resolve) => setTimeout(resolve, 700));
      server.child.kill('SIGKILL');
      restarting = (async () => {
        expect(await server.ended).toBe('SIGKILL');
        server = await serveApart(lab, port);
      })();
      await restarting;
    }
  })();
  /** Sends the same bytes until they are answered. */
  const insist = async ({ client, bytes }: (typeof drafts)[number]): Promise<HttpAnswer> => {
    for (;;) {
      try {
        const answer = await client.send(bytes, '?wait=5');
        // 408: a server that was only just started had no time to read.
        if (answer.status < 500 && answer.status !== 408) return answer;
      } catch {
        // The line broke, or nobody listens: the process was killed.
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
      await restarting;
    }
  };
  const answers = await Promise.all(drafts.map(insist));
  done.abort();
  await killer;
  for (const { status, text } of answers) expect([200, 202], text).toContain(status);
  server.child.kill('SIGKILL');
  await server.ended;
  server = await serveApart(lab, port);
  const ids = answers.map(({ json }) => json['request_id']);
  expect(new Set(ids).size).toBe(drafts.length);
  const { document } = await lab.ask('list', '--limit', '100');
  const rows = document['requests'] as readonly { request_id: string; state: string }[];
  expect(rows.map(({ request_id }) => request_id).toSorted()).toEqual([...ids].toSorted());
  expect(rows.filter(({ state }) => !terminal.includes(state))).toEqual([]);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
});

test('a home has one server at a time, and one that is asked to stop ends what it has in hand', async () => {
  const lab = await Lab.make();
  const server = await serveApart(lab, 0);
  const second = await lab.ask('serve', '--listen', '127.0.0.1:0');
  expect([second.exitCode, second.code]).toEqual([1, 'home/busy']);
  const client = Client.of(server.url, 'ci');
  const slow =
    'UPDATE orders SET status = (WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n WHERE x < 3000000) SELECT max(x) FROM n) WHERE id = 101';
  const begun = await client.send(
    await client.drafted({ target: 'demo', sql: slow, reason: 'a test' }),
    '?wait=0',
  );
  expect(begun.json['code']).toBe('request/submitted');
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
  expect(['pending', 'denied', 'failed']).toContain(await lab.state(String(begun.json['request_id'])));
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});
