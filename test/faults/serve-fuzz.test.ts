import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ask } from '../../apps/executor/test/http-client.ts';
import { Lab, removeLabs } from './lab.ts';
import { Client, serveLab, type Serving } from './serving.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 });

interface Schema {
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly maxLength?: number;
  readonly required?: readonly string[];
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
}

let lab: Lab;
let serving: Serving;
let operations: readonly Operation[] = [];
let known: readonly string[] = [];

beforeAll(async () => {
  lab = await Lab.make();
  lab.configure((text) => `${text}\nserve:\n  rate: 100000\n`);
  const ids = [await lab.submit("UPDATE orders SET status = 'paid' WHERE id = 101", '--as', 'ci')];
  serving = await serveLab(lab);
  const read = await Client.of(serving.url, 'ci').submit('SELECT 1');
  known = [...ids, String(read.json['request_id'])];
  const { json } = await ask(serving.url, '/openapi.json');
  const paths = json['paths'] as Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          { parameters: Operation['parameters']; requestBody?: { content: Operation['content'] } }
        >
      >
    >
  >;
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      content: requestBody?.content ?? {},
    })),
  );
});
afterAll(async () => {
  await serving.stop();
  removeLabs();
});

const awkward = [
  '',
  '0',
  '-1',
  '1e9',
  '%00',
  '%2e%2e%2f',
  '..',
  "'",
  '"',
  '\u{202e}',
  '\u{0}',
  'null',
  '[]',
  '{}',
  'a'.repeat(5_000),
  '999999999999999',
];
const words = [
  'demo',
  'SELECT 1',
  'SELECT * FROM orders',
  "UPDATE orders SET status = 'y' WHERE id = 101",
  'a reason',
  ...awkward,
];

/** Something that is often of a schema and often nearly so. */
function valueOf(schema: Schema): fc.Arbitrary<unknown> {
  const wrong = fc.oneof(
    fc.constantFrom<unknown>(null, true, -1, 1.5, 2 ** 53, [], {}, ''),
    fc.constantFrom(...awkward),
  );
  return fc.oneof({ weight: 6, arbitrary: rightOf(schema) }, { weight: 1, arbitrary: wrong });
}

function rightOf(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(rightOf));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'object': {
      const { properties = {}, required = [] } = schema;
      const members = Object.fromEntries(
        Object.entries(properties).map(([name, one]) => [name, valueOf(one)]),
      );
      const whole = fc.record(members, { requiredKeys: [...required] });
      return fc.oneof(
        { weight: 5, arbitrary: whole },
        { weight: 1, arbitrary: fc.record(members, { requiredKeys: [] }) },
      );
    }
    case 'array':
      return fc.array(valueOf(schema.items ?? {}), { maxLength: 4 });
    case 'integer':
      return fc.integer();
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 40 }));
  }
}

function textOf(name: string): fc.Arbitrary<string> {
  const own =
    name === 'id'
      ? [...known, 'f'.repeat(32)]
      : name === 'name'
        ? ['demo', 'other']
        : ['0', '1', '2', '5', 'pending'];
  const near = fc.oneof(fc.constantFrom(...awkward), fc.string({ maxLength: 20 })).map(encodeURIComponent);
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...own) }, { weight: 1, arbitrary: near });
}

function bodyOf({
  content,
}: Operation): fc.Arbitrary<{ readonly type: string; readonly body: Uint8Array | string } | undefined> {
  const bodies = Object.entries(content).map(([type, { schema }]) =>
    type === 'application/json'
      ? valueOf(schema).map((value) => ({ type, body: JSON.stringify(value) }))
      : fc.uint8Array({ maxLength: 300 }).map((body) => ({ type, body })),
  );
  return bodies.length === 0 ? fc.constant(undefined) : fc.oneof(...bodies);
}

test('no call that anybody could make is answered with a defect', async () => {
  const call = fc.constantFrom(...operations).chain((operation) =>
    fc.record({
      operation: fc.constant(operation),
      parameters: fc.record(
        Object.fromEntries(
          operation.parameters
            .filter(({ in: place }) => place !== 'header')
            .map(({ name }) => [name, textOf(name)]),
        ),
        {
          requiredKeys: operation.parameters
            .filter(({ in: place }) => place === 'path')
            .map(({ name }) => name),
        },
      ),
      body: bodyOf(operation),
      who: fc.constantFrom('ci', 'agent-7', 'olivia', 'ada'),
    }),
  );
  const statuses = new Map<string, Set<number>>();
  await fc.assert(
    fc.asyncProperty(call, async ({ operation, parameters, body, who }) => {
      const given = new Map(Object.entries(parameters as Record<string, string | undefined>));
      // The stream of a request that waits goes on for minutes; one of a request that has ended is as good.
      const [waiting, ended = ''] = known;
      if (operation.path.endsWith('/events') && given.get('id') === waiting) given.set('id', ended);
      const path = operation.path.replaceAll(/\{([a-z]+)\}/g, (_all, name: string) => given.get(name) ?? '');
      const query = operation.parameters.flatMap(({ name, in: place }) => {
        const value = place === 'query' ? given.get(name) : undefined;
        return value === undefined ? [] : [`${name}=${name === 'wait' ? '0' : value}`];
      });
      const target = `${path}${query.length === 0 ? '' : `?${query.join('&')}`}`;
      const { status, json, headers } = await Client.of(serving.url, who).call(
        operation.method,
        target,
        body ?? {},
      );
      const key = `${operation.method} ${operation.path}`;
      statuses.set(key, (statuses.get(key) ?? new Set()).add(status));
      expect(status, `${operation.method} ${target}: ${JSON.stringify(json)}`).not.toBe(500);
      // What its protocol refuses, and not this server, is answered by that protocol.
      if (operation.path === '/mcp' && json['jsonrpc'] === '2.0') return;
      if (status >= 400) {
        expect(headers['content-type']).toMatch(/^application\/problem\+json/);
        expect(json).toMatchObject({
          status,
          code: expect.stringMatching(/^[a-z0-9-]+\/[a-z0-9-]+$/) as string,
        });
      }
    }),
    { numRuns: 600, seed: 20_261_129, endOnFailure: true },
  );
  // The calls came through to every route, and not only to the refusals before it.
  expect([...statuses.keys()].toSorted()).toEqual(
    operations.map(({ method, path }) => `${method} ${path}`).toSorted(),
  );
  // What is posted has to mean something as well, and other tests post what does; looking comes through here.
  const looks = operations.filter(({ method, path }) => method === 'GET' && path !== '/mcp');
  const refused = looks.filter(
    ({ path }) => ![...(statuses.get(`GET ${path}`) ?? [])].some((status) => status < 300),
  );
  expect(refused).toEqual([]);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
  expect(serving.log().filter(({ event }) => event === 'defect')).toEqual([]);
});
