import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Collector, named, type Span } from '../faults/collector.ts';
import { Lab, removeLabs } from '../faults/lab.ts';
import { serveLab } from '../faults/serving.ts';
import { Issuer, trustIssuers } from '../faults/tokens.ts';
import { Agent, toolAnswerOf, type Era } from './mcp-client.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const reason = 'a question';
const issuer = new Issuer('https://cluster.example');
const caller = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) };
const header = { traceId: '12'.repeat(16), spanId: '34'.repeat(8) };
const parentOf = ({ traceId, spanId }: typeof caller, flags = '01'): string =>
  `00-${traceId}-${spanId}-${flags}`;
let collector: Collector;
let lab: Lab;

beforeAll(async () => {
  collector = await Collector.open();
  lab = await Lab.make();
  trustIssuers(lab, [[issuer]]);
  lab.configure((text) => `${text}\ntraces: ${collector.url}\n`);
});
afterAll(() => {
  collector.close();
  removeLabs();
});

/** A submission of a read with this `_meta`, by the official client. */
async function submit(client: Client, meta: Readonly<Record<string, unknown>>): Promise<void> {
  const call = { name: 'submit_query', arguments: { sql: 'SELECT 1', reason }, _meta: { ...meta } };
  const answer = toolAnswerOf(await client.callTool(call, { timeout: 60_000 }));
  expect(answer.structured, answer.text).toMatchObject({ code: 'request/ran' });
}

/** What in a call's `_meta` names no span. */
const malformed: readonly Readonly<Record<string, unknown>>[] = [
  { traceparent: 'nothing' },
  { traceparent: parentOf({ ...caller, traceId: '0'.repeat(32) }) },
  { traceparent: parentOf({ ...caller, spanId: '0'.repeat(16) }) },
  { traceparent: parentOf(caller).toUpperCase() },
  { traceparent: `ff${parentOf(caller).slice(2)}` },
  { traceparent: `${parentOf(caller)}\r\nx: y` },
  { traceparent: 7 },
  { traceparent: { traceId: caller.traceId } },
  { tracestate: 'vendor=1' },
];

describe.each<Era>(['legacy', 'modern'])('over standard input with a client that is %s', (era) => {
  /** The spans of what one agent submits. */
  async function spansOf(...metas: readonly Readonly<Record<string, unknown>>[]): Promise<readonly Span[]> {
    collector.take();
    const agent = await Agent.connect(lab, era, '--as', 'agent-7');
    for (const meta of metas) await submit(agent.client, meta);
    await agent.end();
    const all: Span[] = [];
    const submits = (): number => {
      all.push(...collector.take());
      return all.filter(({ name }) => name === 'submit').length;
    };
    await expect.poll(submits, { timeout: 20_000 }).toBe(metas.length);
    return all;
  }

  test('what a call does is a child of the span that its `_meta` names, whether that is kept or not', async () => {
    for (const flags of ['01', '00']) {
      const spans = await spansOf({ traceparent: parentOf(caller, flags), tracestate: 'vendor=1,other=two' });
      const span = named(spans, 'submit');
      expect(span).toMatchObject({
        traceId: caller.traceId,
        parentSpanId: caller.spanId,
        traceState: 'vendor=1,other=two',
      });
      expect(span.links).toEqual([]);
      expect(named(spans, 'classify')).toMatchObject({ traceId: caller.traceId, parentSpanId: span.spanId });
    }
  });

  test('a state that cannot be read is dropped alone', async () => {
    const long = `vendor=${'x'.repeat(600)}`;
    const states = ['=,,;', long, 7, 'UPPER=1', 'a=1,a=2', 'a=1,b', 'a=1\n'];
    const spans = await spansOf(
      ...states.map((tracestate) => ({ traceparent: parentOf(caller), tracestate })),
    );
    for (const span of spans.filter(({ name }) => name === 'submit')) {
      expect(span).toMatchObject({ traceId: caller.traceId, parentSpanId: caller.spanId });
      expect(span.traceState ?? '').toBe('');
    }
  });

  test('a `traceparent` of another form is as good as none', async () => {
    const spans = await spansOf(...malformed);
    const submits = spans.filter(({ name }) => name === 'submit');
    for (const span of submits) {
      expect([span.parentSpanId ?? '', span.traceId === caller.traceId, span.links]).toEqual(['', false, []]);
    }
    expect(new Set(submits.map(({ traceId }) => traceId)).size).toBe(malformed.length);
  });
});

test('over HTTP what a call does links to the span of its `_meta`, else to that of the header, and joins neither', async () => {
  const serving = await serveLab(lab);
  const withToken: typeof fetch = (url, init) => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', `Bearer ${issuer.token({ sub: 'robot' })}`);
    headers.set('traceparent', parentOf(header));
    return fetch(url, { ...init, headers });
  };
  const client = new Client(
    { name: 'countersign-test', version: '1.0.0' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  );
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${serving.url}/mcp`), { fetch: withToken }),
  );
  collector.take();
  const metas = [{ traceparent: parentOf(caller) }, {}, ...malformed];
  for (const meta of metas) await submit(client, meta);
  await client.close();
  expect(await serving.stop()).toBe(0);
  const submits = collector.take().filter(({ name }) => name === 'submit');
  expect(submits.length).toBe(metas.length);
  const linked = submits.map(({ links }) => links.map(({ traceId, spanId }) => ({ traceId, spanId })));
  expect(linked.filter(([link]) => link?.traceId === caller.traceId)).toEqual([[caller]]);
  expect(linked.filter(([link]) => link?.traceId === header.traceId)).toEqual(
    Array.from({ length: metas.length - 1 }, () => [header]),
  );
  for (const span of submits) expect(span.parentSpanId ?? '').toBe('');
});
