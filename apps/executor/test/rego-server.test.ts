import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { OPA } from '../../../scripts/rego/bundles.ts';
import { regoInput, updatedRows } from '../../../test/model/rego-input.ts';
import { freePort, startOpa, type OpaServer } from '../../../test/servers/opa.ts';
import { readRegoBundle } from '../src/rego/bundle.ts';
import { ServerPolicy, loopbackUrl } from '../src/rego/server-policy.ts';
import { WasmPolicy } from '../src/rego/wasm-policy.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'test', 'rego');
const answer = { decision: 'allow', rules: ['r'], reason: 'fine' };
const question = regoInput('SELECT 1');

function policyAt(address: string, timeoutMs = 20_000): ServerPolicy {
  const url = loopbackUrl(address);
  if (url === undefined) throw new Error(`${address} is no loopback address`);
  return new ServerPolicy(url, timeoutMs);
}

describe('a server that is no good', () => {
  let server: Server | undefined;

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  });

  /** Starts a server that answers so, and asks it. */
  async function asked(
    respond: (response: ServerResponse, request: IncomingMessage) => void,
    timeoutMs?: number,
  ): Promise<unknown> {
    const started = createServer((request, response) => {
      request.resume().on('end', () => {
        respond(response, request);
      });
    });
    server = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    const { port } = started.address() as AddressInfo;
    return (await policyAt(`http://127.0.0.1:${port}/v1/data/a/verdict`, timeoutMs).ask(question)).outcome;
  }

  const json = { 'content-type': 'application/json' };
  const cases: readonly (readonly [
    what: string,
    code: string,
    respond: (response: ServerResponse) => void,
  ])[] = [
    ['answers with 500', 'rego/status', (response) => response.writeHead(500, json).end('{}')],
    [
      'answers elsewhere',
      'rego/status',
      (response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
    ],
    [
      'answers with an answer under 404',
      'rego/status',
      (response) => response.writeHead(404, json).end(JSON.stringify({ result: answer })),
    ],
    [
      'answers with a page',
      'rego/status',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    ],
    ['answers nothing', 'rego/answer-syntax', (response) => response.writeHead(200, json).end()],
    [
      'answers with half of it',
      'rego/answer-syntax',
      (response) => response.writeHead(200, json).end('{"result":'),
    ],
    [
      'answers with no UTF-8',
      'rego/answer-syntax',
      (response) => response.writeHead(200, json).end(Buffer.from([0x22, 0xff, 0x22])),
    ],
    ['answers without a result', 'rego/undefined', (response) => response.writeHead(200, json).end('{}')],
    [
      'answers with too much',
      'rego/answer-too-large',
      (response) =>
        response
          .writeHead(200, json)
          .end(JSON.stringify({ result: { ...answer, reason: 'x'.repeat(70_000) } })),
    ],
    [
      'breaks off',
      'rego/unreachable',
      (response) => {
        response.writeHead(200, { ...json, 'content-length': '100' }).write('{"res');
        setTimeout(() => response.destroy(), 50);
      },
    ],
    ['hangs up', 'rego/unreachable', (response) => response.destroy()],
    [
      'sends a head without an end',
      'rego/unreachable',
      (response) => response.writeHead(200, { ...json, 'x-much': 'x'.repeat(16_000) }).end('{}'),
    ],
  ];

  test.each(cases)('%s: %s', async (_, code, respond) => {
    expect(await asked(respond)).toMatchObject({ type: 'failed', code });
  });

  test('says nothing, or a byte at a time, until the time is over', async () => {
    const code = 'rego/timeout';
    expect(await asked(() => undefined, 300)).toMatchObject({ code });
    const drip = (response: ServerResponse): void => {
      response.writeHead(200, json);
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => {
        clearInterval(timer);
      });
    };
    expect(await asked(drip, 500)).toMatchObject({ code });
  });

  test('is not there', async () => {
    const address = `http://127.0.0.1:${await freePort()}/v1/data/a/verdict`;
    expect((await policyAt(address).ask(question)).outcome).toMatchObject({ code: 'rego/unreachable' });
  });

  test('is asked itself, whatever proxy the environment names', async () => {
    process.env['NODE_USE_ENV_PROXY'] = '1';
    process.env['http_proxy'] = `http://127.0.0.1:${await freePort()}`;
    try {
      const outcome = await asked((response, request) => {
        const { method, url } = request;
        const reason = `${method} ${url}`;
        response.writeHead(200, json).end(JSON.stringify({ result: { ...answer, reason } }));
      });
      expect(outcome).toMatchObject({
        reason: 'POST /v1/data/a/verdict?provenance=true&strict-builtin-errors=true',
      });
    } finally {
      delete process.env['NODE_USE_ENV_PROXY'];
      delete process.env['http_proxy'];
    }
  });

  test('says about itself what is cut and never decides', async () => {
    const reply = {
      result: answer,
      decision_id: 'no id\n',
      provenance: { bundles: { a: { revision: 'x'.repeat(1000) }, b: { revision: 1 }, c: null } },
    };
    expect(await asked((response) => response.writeHead(200, json).end(JSON.stringify(reply)))).toMatchObject(
      answer,
    );
  });
});

describe('a real server of OPA', { timeout: 60_000 }, () => {
  let opa: OpaServer;
  // Of the same sources, but not compiled: this OPA has no WebAssembly of its own.
  const bundle = join(mkdtempSync(join(tmpdir(), 'countersign-opa-')), 'plain.tar.gz');

  beforeAll(async () => {
    const sources = ['verdict.rego', 'data.json'].map((name) => join(folder, name));
    execFileSync(OPA, ['build', '--revision', 'house-rules-1', '-o', bundle, ...sources]);
    opa = await startOpa(['-b', bundle, '--set', 'decision_logs.console=true']);
  }, 60_000);
  afterAll(async () => {
    rmSync(dirname(bundle), { recursive: true });
    await opa.stop();
  });

  test('answers as the bundle does in its thread', async () => {
    const entrypoint = 'countersign/verdict';
    const bytes = new Uint8Array(readFileSync(join(folder, 'verdict.tar.gz')));
    const inside = new WasmPolicy(readRegoBundle(bytes, entrypoint), entrypoint, 20_000);
    const outside = policyAt(`${opa.data}${entrypoint}`);
    const agent = { identity: { id: 'bot', kind: 'agent', roles: [] } } as const;
    const questions = [
      regoInput('SELECT 1'),
      regoInput('DELETE FROM t WHERE id = 1'),
      regoInput('DELETE FROM t WHERE id = 1', agent),
      regoInput('UPDATE t SET a = 1', updatedRows(4)),
      regoInput('UPDATE t SET a = 1', { ...updatedRows(3), reason: 'during the freeze' }),
      regoInput('nonsense', { reason: 'ünïcode \u202e "quoted" \\ \u0000 end', context: [['a', 'b']] }),
    ];
    const decisions: unknown[] = [];
    for (const one of questions) {
      const [here, there] = [await inside.ask(one), await outside.ask(one)];
      expect(there.outcome).toEqual(here.outcome);
      decisions.push(here.outcome.type === 'answered' ? here.outcome.decision : here.outcome.code);
      expect(there.decisionId).toMatch(/^[0-9a-f-]{36}$/);
      expect(there.bundles).toEqual({ [bundle]: { revision: 'house-rules-1' } });
    }
    expect(decisions).toEqual(['allow', 'allow', 'deny', 'require', 'deny', 'allow']);
    await inside.close();
  });

  test('says nothing where nothing is', async () => {
    const { outcome } = await policyAt(`${opa.data}countersign/other`).ask(question);
    expect(outcome).toMatchObject({ code: 'rego/undefined' });
    const whole = await policyAt(`${opa.data}countersign`).ask(question);
    expect(whole.outcome).toMatchObject({ code: 'rego/answer-shape' });
  });
});

describe('a real server with rules that are broken', { timeout: 60_000 }, () => {
  let opa: OpaServer;

  beforeAll(async () => {
    opa = await startOpa([join(folder, 'broken.rego')]);
  }, 60_000);
  afterAll(() => opa.stop());

  test.each([
    ['broken/nothing', 'rego/undefined'],
    ['broken/conflict', 'rego/status'],
    ['broken/quotient', 'rego/status'],
    ['broken/wide', 'rego/answer-too-large'],
    ['broken/truth', 'rego/answer-shape'],
    ['broken/permit', 'rego/answer-shape'],
  ])('%s is %s', async (path, code) => {
    expect((await policyAt(`${opa.data}${path}`).ask(question)).outcome).toMatchObject({
      type: 'failed',
      code,
    });
  });

  test('a good one among them answers', async () => {
    expect((await policyAt(`${opa.data}broken/good`).ask(question)).outcome).toMatchObject({
      type: 'answered',
      decision: 'allow',
    });
  });
});
