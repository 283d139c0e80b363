import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ask, type HttpAnswer } from '../../apps/executor/test/http-client.ts';
import { Lab, removeLabs } from './lab.ts';
import { Client, serveLab, type Serving } from './serving.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, object>> }>>;
}

let lab: Lab;
let serving: Serving;
let described: {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
};
const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false });
/** Routes of which a document was held to its schema. */
const seen = new Set<string>();

beforeAll(async () => {
  lab = await Lab.make();
  const several = 'reason: a change of more than one row needs two approvers\n';
  const obligations =
    '{ may_drift: [main.orders.total_cents], fewer_rows: true, mask: [main.customers.city] }';
  lab.policy('main.yaml', (text) =>
    [
      text,
      '  - name: tolerant',
      '    when: \'"main.orders" in facts.writes\'',
      '    require: { dba: 1 }',
      `    obligations: ${obligations}`,
      'scopes: [{ who: { kinds: [human] }, break_glass: true }]',
      '',
    ].join('\n'),
  );
  lab.policy('changes.yaml', (text) => text.replace(several, `${several}    obligations: ${obligations}\n`));
  serving = await serveLab(lab);
  described = closed((await ask(serving.url, '/openapi.json')).json) as typeof described;
  ajv.addSchema({ $id: 'openapi', components: described.components });
});
afterAll(async () => {
  expect(await serving.stop()).toBe(0);
  expect(serving.log().filter(({ event }) => event === 'defect')).toEqual([]);
  removeLabs();
});

const as = (name: string): Client => Client.of(serving.url, name);

/** A schema that takes no field but those it names. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([name, one]): [string, unknown] =>
    name === '$ref' ? [name, `openapi${String(one)}`] : [name, closed(one)],
  );
  const copy = Object.fromEntries(entries);
  return copy['type'] === 'object' && 'properties' in copy ? { ...copy, additionalProperties: false } : copy;
}

/** Holds an answer to what OpenAPI says of its route, with no field left over. */
function held(method: string, path: string, answer: HttpAnswer): HttpAnswer['json'] {
  const operation = described.paths[path]?.[method.toLowerCase()];
  const said = operation?.responses[String(answer.status)] ?? operation?.responses['default'];
  const schema = said?.content?.[String(answer.headers['content-type']).split(';')[0] ?? ''];
  const validate = ajv.compile((schema as { readonly schema?: object } | undefined)?.schema ?? { not: {} });
  expect(validate(answer.json) ? [] : validate.errors, `${method} ${path} ${answer.text}`).toEqual([]);
  if (answer.status < 400) seen.add(`${method} ${path}`);
  return answer.json;
}

async function get(
  path: string,
  in_: Readonly<Record<string, string>> = {},
  who = 'olivia',
): Promise<HttpAnswer['json']> {
  const filled = path.replaceAll(/\{([a-z]+)\}/g, (_, name: string) => in_[name] ?? '');
  const query = in_['query'] ?? '';
  return held('GET', path, await as(who).get(`${filled}${query}`));
}

async function post(
  path: string,
  body: object | undefined,
  id = '',
  who = 'olivia',
): Promise<HttpAnswer['json']> {
  return held('POST', path, await as(who).post(path.replace('{id}', id), body));
}

/** Submits, and holds draft and answer. */
async function submit(sql: string, more: object = {}, who = 'olivia'): Promise<HttpAnswer['json']> {
  const draft = { target: 'demo', sql, reason: 'a test of answers', ...more };
  await post('/v1/drafts', draft, '', who);
  return held('POST', '/v1/requests', await as(who).send(await as(who).drafted(draft)));
}

const wide = "UPDATE customers SET tier = 'gold' WHERE id < 4";

test('submissions: ran, denied, pending, an emergency, sent again', async () => {
  expect(await submit('SELECT * FROM customers')).toMatchObject({ code: 'request/ran' });
  expect(await submit('DELETE FROM orders')).toMatchObject({ code: 'request/denied' });
  expect(await submit(wide)).toMatchObject({ code: 'request/pending' });
  expect(await submit(wide, { break_glass: true })).toMatchObject({ ordinary: {} });
  expect(await submit('ALTER TABLE orders ADD COLUMN note TEXT', { target: 'demo' })).toMatchObject({});
  expect(await submit('SELEC 1')).toMatchObject({ exit_code: 3 });
  for (const sql of ['SELECT 1', wide]) {
    const bytes = await as('ci').drafted({ target: 'demo', sql, reason: 'a test' });
    for (const query of ['?wait=0', '?wait=5'])
      held('POST', '/v1/requests', await as('ci').send(bytes, query));
    const type = 'application/vnd.countersign.submission';
    held('POST', '/v1/requests', await as('ci').call('POST', '/v1/requests', { body: bytes, type }));
  }
});

test('a request through its life, with a drift and a tolerance', async () => {
  const ids: string[] = [];
  for (const sql of [
    "UPDATE orders SET status = 'paid' WHERE id IN (101, 102)",
    "UPDATE customers SET tier = 'silver' WHERE id IN (4, 5)",
    "INSERT INTO customers (name, city) VALUES ('Y', 'Leeds')",
  ])
    ids.push(String((await submit(sql))['request_id']));
  for (const id of ids) {
    const bytes = await lab.export(id);
    const { madeAt: notBefore, runBy: notAfter, effect } = lab.approver('ada').review(bytes).request.record;
    const conditions = { rowsMax: effect.rows, notBefore, notAfter };
    const bundle = lab.approver('ada').decide(bytes, { choice: 'approve', conditions });
    const type = 'application/vnd.countersign.response';
    const carry = async (body: Uint8Array): Promise<HttpAnswer['json']> =>
      held('POST', '/v1/decisions', await as('olivia').call('POST', '/v1/decisions', { body, type }));
    expect(await carry(bundle)).toMatchObject({ decisions: [{ outcome: 'counted' }] });
    expect(await carry(bundle)).toMatchObject({ decisions: [{ outcome: 'repeated' }] });
    if ((await lab.state(id)) === 'pending') await lab.approve(id, 'ben');
    await get('/v1/requests/{id}', { id });
    await get('/v1/requests/{id}/wait', { id, query: '?wait=0' });
    await get('/v1/requests/{id}/diff', { id });
    await get('/v1/requests/{id}/entries', { id });
  }
  lab.write("DELETE FROM orders WHERE id = 102; UPDATE customers SET tier = 'x' WHERE id = 4");
  for (const id of ids) {
    await post('/v1/requests/{id}/run', undefined, id);
    await get('/v1/requests/{id}', { id });
  }
  expect((await get('/v1/requests/{id}', { id: ids[0] ?? '' }))['state']).toBe('executed');
  expect((await get('/v1/requests/{id}', { id: ids[1] ?? '' }))['drift']).toBeDefined();
});

test('an amendment, what is taken up from it, and a withdrawal', async () => {
  const id = String((await submit(wide))['request_id']);
  const proposal = [{ sql: "UPDATE customers SET tier = 'gold' WHERE id = 3", params: [] }];
  const decision = { choice: 'amend' as const, note: 'one is enough', proposal };
  await lab.import(lab.approver('ada').decide(await lab.export(id), decision));
  expect(await get('/v1/requests/{id}', { id })).toMatchObject({ decisions: [{ proposal }] });
  const bytes = await as('olivia').drafted({ amendment: id });
  const next = held('POST', '/v1/requests', await as('olivia').send(bytes));
  expect(next).toMatchObject({ follows: id });
  const follower = String(next['request_id']);
  expect(await post('/v1/requests/{id}/withdraw', { reason: 'a test' }, follower)).toMatchObject({
    code: 'request/withdrawn',
  });
});

test('everything that is only looked at', async () => {
  for (const sql of [
    wide,
    'SELECT 1',
    'DELETE FROM orders',
    'SELEC 1',
    'ALTER TABLE orders ADD COLUMN n INT',
  ]) {
    await post('/v1/previews', { target: 'demo', sql, reason: 'a test' });
    await post('/v1/policy/explain', { target: 'demo', sql, reason: 'a test' });
  }
  await get('/v1/requests');
  await get('/v1/requests', { query: '?limit=1' });
  await get('/v1/targets');
  await get('/v1/targets/{name}', { name: 'demo' });
  await get('/v1/ledger/head');
  await get('/v1/ledger/inclusion', { query: '?index=1' });
  await get('/v1/ledger/consistency', { query: '?from=1' });
  for (const path of ['/healthz', '/readyz']) held('GET', path, await ask(serving.url, path));
});

test('refusals are problems', async () => {
  expect(await get('/v1/requests/{id}', { id: '0'.repeat(32) })).toMatchObject({ code: 'request/not-found' });
  expect(await post('/v1/drafts', {})).toMatchObject({ code: 'serve/body' });
  held('GET', '/v1/requests', await ask(serving.url, '/v1/requests'));
});

test('every route that answers with a document was held to it', () => {
  const documented = Object.entries(described.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { responses }]) =>
      JSON.stringify(responses).includes('openapi#/components/schemas/') &&
      path !== '/mcp' &&
      JSON.stringify(responses['200'] ?? {}).includes('$ref')
        ? [`${method.toUpperCase()} ${path}`]
        : [],
    ),
  );
  expect(documented.length).toBeGreaterThan(15);
  expect([...seen].toSorted()).toEqual(documented.toSorted());
});
