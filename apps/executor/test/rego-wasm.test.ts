import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { regoInput as asked, updatedRows as rows } from '../../../test/model/rego-input.ts';
import { readRegoBundle } from '../src/rego/bundle.ts';
import type { RegoPolicy } from '../src/rego/rego-policy.ts';
import { WasmPolicy } from '../src/rego/wasm-policy.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'test', 'rego');
const opened: RegoPolicy[] = [];

afterAll(async () => {
  for (const policy of opened) await policy.close();
});

function policyOf(name: string, entrypoint: string, timeoutMs = 20_000): WasmPolicy {
  const bytes = new Uint8Array(readFileSync(join(folder, `${name}.tar.gz`)));
  const policy = new WasmPolicy(readRegoBundle(bytes, entrypoint), entrypoint, timeoutMs);
  opened.push(policy);
  return policy;
}

describe('a bundle in its thread', () => {
  test('answers, with its data and the revision it names', async () => {
    const policy = policyOf('verdict', 'countersign/verdict');
    const agent = { identity: { id: 'bot', kind: 'agent', roles: [] } } as const;
    expect(await policy.ask(asked('SELECT 1'))).toEqual({
      outcome: {
        type: 'answered',
        decision: 'allow',
        rules: ['no-objection'],
        reason: 'nothing in Rego speaks against it',
        quorum: [],
        tolerance: { columns: [], fewerRows: false },
      },
      decisionId: undefined,
      bundles: { 'countersign/verdict': { revision: 'house-rules-1' } },
    });
    const update = 'UPDATE t SET a = 1 WHERE id < 9';
    expect((await policy.ask(asked(update, rows(3)))).outcome).toMatchObject({ decision: 'allow' });
    expect((await policy.ask(asked(update, rows(4)))).outcome).toMatchObject({
      decision: 'require',
      reason: '4 rows are more than 3',
      quorum: [[{ role: 'dba', count: 3 }]],
    });
    expect((await policy.ask(asked('DELETE FROM t WHERE id = 1', agent))).outcome).toMatchObject({
      decision: 'deny',
      reason: 'agent bot may not delete',
    });
  });

  test('answers several questions in the order in which they come', async () => {
    const policy = policyOf('verdict', 'countersign/verdict');
    const update = 'UPDATE t SET a = 1 WHERE id < 9';
    const replies = await Promise.all([4, 1, 5, 2].map((count) => policy.ask(asked(update, rows(count)))));
    expect(replies.map(({ outcome }) => outcome.type === 'answered' && outcome.decision)).toEqual([
      'require',
      'allow',
      'require',
      'allow',
    ]);
  });

  test.each<[entrypoint: string, code: string, words: RegExp]>([
    ['broken/nothing', 'rego/undefined', /says nothing/],
    ['broken/conflict', 'rego/failed', /assignment conflict/],
    ['broken/clock', 'rego/failed', /time\.now_ns/],
    ['broken/quotient', 'rego/undefined', /says nothing/],
    ['broken/hog', 'rego/memory', /more memory/],
    ['broken/padded', 'rego/memory', /more memory/],
    ['broken/wide', 'rego/answer-too-large', /over 65536/],
    ['broken/deep', 'rego/memory', /more memory/],
    ['broken/truth', 'rego/answer-shape', /no object/],
    ['broken/permit', 'rego/answer-shape', /not allow, require or deny/],
  ])('%s is %s, every time', async (entrypoint, code, words) => {
    const policy = policyOf('broken', entrypoint);
    for (const sql of ['SELECT 1', 'SELECT 2']) {
      const { outcome } = await policy.ask(asked(sql));
      expect(outcome).toMatchObject({
        type: 'failed',
        code,
        message: expect.stringMatching(words) as string,
      });
    }
  });

  test('that answers too late is ended, and anew when it is asked again', { timeout: 60_000 }, async () => {
    const policy = policyOf('broken', 'broken/spin', 1000);
    const began = performance.now();
    for (const sql of ['SELECT 1', 'SELECT 2']) {
      const { outcome } = await policy.ask(asked(sql));
      expect(outcome).toMatchObject({ code: 'rego/timeout', message: 'no answer within 1 s' });
    }
    // Each question has a second, and the thread the time to start and to end.
    expect(performance.now() - began).toBeLessThan(30_000);
  });

  test('whose module is none does not load', async () => {
    const bundle = { digest: '', wasm: new Uint8Array([0, 1, 2]), data: '{}', revision: '' };
    const policy = new WasmPolicy(bundle, 'broken/good', 5000);
    expect((await policy.ask(asked('SELECT 1'))).outcome).toMatchObject({ code: 'rego/load' });
  });
});
