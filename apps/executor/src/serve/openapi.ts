import type { TSchema } from 'typebox';
import { executorVersion } from '../version.ts';
import { answerParts, answerSchemas } from './answers.ts';
import { problemType } from './problem.ts';
import { serveStatuses } from './refusal.ts';
import type { Body, Route } from './route.ts';

/** Returns the OpenAPI 3.1 document of routes, made of the very schemas that validate calls. */
export function openApiDocument(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Countersign',
      version: executorVersion,
      description:
        'Submissions in, requests out to offline approvers, their signed decisions in. Nothing here approves. docs/serving.md says how calls are signed.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      securitySchemes: {
        signature: {
          type: 'http',
          scheme: 'signature',
          description: 'HTTP Message Signatures (RFC 9421) with an Ed25519 key of the roster',
        },
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'a workload token of a pinned issuer',
        },
      },
      schemas: { problem: problemSchema, ...answerParts, ...answerSchemas },
    },
  };
}

function operationOf(route: Route): object {
  const { bodies = [], params, query, summary } = route;
  return {
    summary,
    operationId: `${route.method.toLowerCase()}${route.path.replaceAll(/[^a-z0-9]+/g, '_').replace(/_$/, '')}`,
    security: securityOf(route),
    parameters: [...parametersOf('path', params), ...parametersOf('query', query), ...headerOf(route)],
    ...(bodies.length === 0
      ? {}
      : { requestBody: { required: true, content: Object.fromEntries(bodies.map(contentOf)) } }),
    responses: { ...responsesOf(route), default: problemResponse },
  };
}

function securityOf({ access }: Route): readonly object[] {
  switch (access) {
    case 'open':
      return [{}];
    case 'caller':
      return [{ signature: [] }, { token: [] }];
    case 'signed-body':
      // Signed bytes need no signature of the call.
      return [{}, { signature: [] }, { token: [] }];
  }
}

interface Properties {
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
  readonly required?: readonly string[];
}

function parametersOf(place: 'path' | 'query', schema: TSchema | undefined): readonly object[] {
  const { properties = {}, required = [] } = (schema ?? {}) as Properties;
  return Object.entries(properties).map(([name, one]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: one,
    ...(one.description === undefined ? {} : { description: one.description }),
  }));
}

function headerOf({ takesKey }: Route): readonly object[] {
  if (takesKey !== true) return [];
  const description =
    'the same key is the same submission, for ever; not beside signed bytes, whose id is one already';
  return [
    {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description,
      schema: { type: 'string', pattern: '^[!-~]{1,128}$' },
    },
  ];
}

function contentOf(body: Body): readonly [string, object] {
  return body.type === 'json'
    ? ['application/json', { schema: body.schema }]
    : [body.mediaType, { schema: { type: 'string', format: 'binary', maxLength: body.bytesMax } }];
}

function responsesOf({ answers, answerName, answerType }: Route): Readonly<Record<string, object>> {
  const schema =
    answerName === undefined ? { type: 'string' } : { $ref: `#/components/schemas/${answerName}` };
  const type = answerType ?? 'application/json';
  // What is JSON and no document of ours is another protocol's.
  const content = { [type]: answerName === undefined && type === 'application/json' ? {} : { schema } };
  return Object.fromEntries(
    Object.entries(answers).map(([status, description]) => [
      status,
      Number(status) < 400
        ? { description, content }
        : { description, content: { [problemType]: { schema: { $ref: '#/components/schemas/problem' } } } },
    ]),
  );
}

const problemResponse = {
  description: `refused: ${[...new Set(Object.values(serveStatuses))].toSorted((a, b) => a - b).join(', ')}`,
  content: { [problemType]: { schema: { $ref: '#/components/schemas/problem' } } },
};

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'exit_code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', pattern: '^[a-z0-9-]+/[a-z0-9-]+$' },
    hint: { type: 'string' },
    exit_code: { type: 'integer' },
  },
};
