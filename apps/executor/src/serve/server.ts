import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jsonOf, type JsonObject } from '@countersign/program';
import type { Trace } from '../trace/trace.ts';
import { Connections } from './connections.ts';
import { answerEvents } from './event-stream.ts';
import type { Caller } from './caller.ts';
import { requireDigest } from './content-digest.ts';
import { guardCall } from './guard.ts';
import type { Log } from './log.ts';
import { authoritiesOf, type Place } from './place.ts';
import { problemOf, problemType, type Problem } from './problem.ts';
import { ServeRefused } from './refusal.ts';
import type { Answer, Body, Route } from './route.ts';
import { parseStrictJson } from './strict-json.ts';
import type { TlsFiles } from './tls-files.ts';
import { answerBroken, translated } from './translated.ts';

/** Bounds of what a client may send and how long it may take. */
export interface ServerLimits {
  readonly connectionsMax: number;
  readonly headerBytesMax: number;
  /** Bytes of a JSON body; other bodies have the limit of their route. */
  readonly jsonBytesMax: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveMs: number;
}

export const defaultServerLimits: ServerLimits = {
  connectionsMax: 1_024,
  headerBytesMax: 16_384,
  jsonBytesMax: 1_572_864,
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 20_000,
  keepAliveMs: 30_000,
};

/** What the server asks about every call. */
export interface Doorkeeper {
  /** Returns who calls, before the body is read. @throws what it refuses with */
  readonly identify: (request: IncomingMessage, hasBody: boolean) => Caller | Promise<Caller>;
  /** Counts a call of an identity as open, until what it returns is called; `giveWay` ends its waiting. @throws what it refuses with */
  readonly enter: (identity: string, waits: boolean, giveWay: () => void) => () => void;
  /** Told of every call that was answered, `route` as it is written in OpenAPI. */
  readonly answered: (call: AnsweredCall) => void;
}

export interface AnsweredCall {
  readonly method: string;
  /** Undefined when no route was found. */
  readonly route: string | undefined;
  readonly status: number;
  readonly code: string | undefined;
  readonly person: string | undefined;
  readonly tookMs: number;
}

export interface ServerParts {
  readonly place: Place;
  readonly tls: TlsFiles | undefined;
  readonly limits: ServerLimits;
  readonly doorkeeper: Doorkeeper;
  readonly routes: readonly Route[];
  readonly log: Log;
  readonly trace: Trace;
  /** Aborted when the server is to stop: what waits is answered then. */
  readonly stopping: AbortSignal;
}

export interface HttpServer {
  /** Such as `http://127.0.0.1:7070`. */
  readonly url: string;
  /** Takes no more calls and returns when every one that was taken is answered. */
  readonly close: () => Promise<void>;
}

/** What is known of a call while it is answered. */
interface Known {
  caller?: Caller;
  code?: string;
  readonly begun: number;
}

/** Serves the routes. @throws what the address refuses with */
export async function openServer(parts: ServerParts): Promise<HttpServer> {
  const { place, limits, stopping } = parts;
  const known = new WeakMap<FastifyRequest, Known>();
  const knownOf = (request: FastifyRequest): Known => {
    const one = known.get(request) ?? { begun: performance.now() };
    known.set(request, one);
    return one;
  };
  const app = makeApp(parts);
  const connections = new Connections(app.server, limits.connectionsMax);
  let authorities: ReadonlySet<string> = new Set();
  readBodies(app, parts, knownOf);
  app.addHook('onRequest', async (request, reply) => {
    knownOf(request);
    reply.headers(safeHeaders);
    guardCall(request.raw, authorities);
    if (stopping.aborted)
      throw new ServeRefused('serve/closing', 'the server is stopping', { retryAfter: 5 });
  });
  app.setNotFoundHandler(() => {
    throw new ServeRefused('serve/path', 'nothing is served at this path with this method', {
      hint: 'GET /openapi.json says what is',
    });
  });
  app.setErrorHandler((thrown, request, reply) => {
    const problem = problemOf(translated(thrown));
    knownOf(request).code = problem.code;
    if (problem.status === 500)
      parts.log('error', 'defect', {
        route: request.routeOptions.url,
        stack: thrown instanceof Error ? thrown.stack : '',
      });
    return sendProblem(reply, problem);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { caller, code, begun } = knownOf(request);
    parts.doorkeeper.answered({
      method: request.method,
      route: request.routeOptions.url,
      status: reply.statusCode,
      code,
      person: caller?.person.id,
      tookMs: performance.now() - begun,
    });
    done();
  });
  for (const route of parts.routes) addRoute(app, route, { ...parts, connections }, knownOf);
  await app.listen({ host: place.host, port: place.port });
  const { port } = app.server.address() as AddressInfo;
  authorities = authoritiesOf(place, port);
  const host = place.host.includes(':') ? `[${place.host}]` : place.host;
  const scheme = parts.tls === undefined ? 'http' : 'https';
  return { url: `${scheme}://${host}:${port}`, close: () => app.close() };
}

function makeApp({ tls, limits }: ServerParts): FastifyInstance {
  const http = {
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    connectionsCheckingInterval: 500,
  };
  const options = {
    logger: false,
    bodyLimit: limits.jsonBytesMax,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    forceCloseConnections: 'idle' as const,
    exposeHeadRoutes: false,
    requestIdHeader: false as const,
    clientErrorHandler: answerBroken,
    routerOptions: {
      caseSensitive: true,
      ignoreTrailingSlash: false,
      ignoreDuplicateSlashes: false,
      maxParamLength: 64,
    },
    // Nothing is mended, filled in or left out on the way: what a schema does not let through is refused.
    ajv: {
      customOptions: {
        removeAdditional: false as const,
        coerceTypes: false as const,
        useDefaults: false,
        allErrors: false,
      },
    },
    frameworkErrors: (thrown: unknown, _request: unknown, reply: FastifyReply): void => {
      reply.headers(safeHeaders);
      void sendProblem(reply, problemOf(translated(thrown)));
    },
  };
  // The types of a server with TLS and of one without differ in nothing that is used here.
  return tls === undefined
    ? fastify({ ...options, http })
    : fastify({
        ...options,
        https: {
          ...http,
          cert: Buffer.from(tls.cert),
          key: Buffer.from(tls.key),
          minVersion: 'TLSv1.3',
          handshakeTimeout: limits.headersTimeoutMs,
        },
      });
}

const safeHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

type KnownOf = (request: FastifyRequest) => Known;

/** Bodies are read whole, held against the signed digest, and only then parsed. */
function readBodies(app: FastifyInstance, { routes }: ServerParts, knownOf: KnownOf): void {
  app.removeAllContentTypeParsers();
  const checked = (request: FastifyRequest, body: Buffer): Uint8Array => {
    const bytes = new Uint8Array(body);
    return knownOf(request).caller?.by === 'signature'
      ? requireDigest(request.headers['content-digest'], bytes)
      : bytes;
  };
  const parser =
    (read: (body: Uint8Array) => unknown) =>
    (request: FastifyRequest, body: Buffer, done: (error: Error | null, value?: unknown) => void): void => {
      let value: unknown;
      try {
        value = read(checked(request, body));
      } catch (thrown) {
        done(thrown instanceof Error ? thrown : new Error('a body that cannot be read', { cause: thrown }));
        return;
      }
      done(null, value);
    };
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, parser(parseStrictJson));
  const types = routes.flatMap(({ bodies = [] }) =>
    bodies.flatMap((one) => (one.type === 'bytes' ? [one.mediaType] : [])),
  );
  for (const type of new Set(types)) {
    app.addContentTypeParser(
      type,
      { parseAs: 'buffer' },
      parser((body) => body),
    );
  }
}

function addRoute(
  app: FastifyInstance,
  route: Route,
  { doorkeeper, limits, stopping, trace, connections }: ServerParts & { readonly connections: Connections },
  knownOf: KnownOf,
): void {
  const { bodies = [] } = route;
  const json = bodies.find((one) => one.type === 'json');
  app.route({
    method: route.method,
    url: route.path.replaceAll(/\{([a-z_]+)\}/g, ':$1'),
    bodyLimit: Math.max(
      1,
      ...bodies.map((one) => (one.type === 'json' ? limits.jsonBytesMax : one.bytesMax)),
    ),
    schema: {
      ...(route.params === undefined ? {} : { params: route.params }),
      querystring: route.query ?? { type: 'object', additionalProperties: false },
      ...(json === undefined ? {} : { body: bodySchema(bodies, json.schema) }),
    },
    onRequest: async (request) => {
      requireBody(request, bodies);
      const byBody = route.access === 'signed-body' && isBytes(request, bodies) && !namesCaller(request);
      if (route.access !== 'open' && !byBody)
        knownOf(request).caller = await doorkeeper.identify(request.raw, bodies.length > 0);
    },
    handler: async (request, reply) => {
      const { signal: gone, leave } = goneWith(reply, stopping);
      const isBy = (identity: string): void => {
        const end = doorkeeper.enter(identity, route.waits === true, leave);
        // A response that waits behind another on its line is not told when the line is closed; the connection is.
        const over = connections.keep(request.raw.socket, () => {
          end();
          leave();
        });
        reply.raw.once('close', over);
      };
      const { caller } = knownOf(request);
      if (caller !== undefined) isBy(caller.person.id);
      const { traceparent } = request.headers;
      const call = {
        caller,
        params: request.params,
        query: request.query,
        body: request.body,
        headers: request.headers,
        address: request.raw.socket.remoteAddress ?? '',
        socket: request.raw.socket,
        gone,
        isBy,
      };
      const from = typeof traceparent === 'string' ? traceparent : undefined;
      const answer = await trace.called({ traceparent: from }, () => route.answer(call));
      return send(reply, answer, gone);
    },
  });
}

/** A route that takes bytes beside JSON is given them as they are. */
function bodySchema(bodies: readonly Body[], schema: object): object {
  const content: Record<string, { schema: object }> = { 'application/json': { schema } };
  for (const one of bodies) if (one.type === 'bytes') content[one.mediaType] = { schema: {} };
  return { content };
}

function isBytes({ headers }: FastifyRequest, bodies: readonly Body[]): boolean {
  return bodies.some((one) => one.type === 'bytes' && one.mediaType === headers['content-type']);
}

function namesCaller({ headers }: FastifyRequest): boolean {
  return ['authorization', 'signature', 'signature-input'].some((name) => headers[name] !== undefined);
}

/** What no route reads is refused: a body nobody looked at is a body nobody signed. */
function requireBody({ headers }: FastifyRequest, bodies: readonly Body[]): void {
  const type = headers['content-type'];
  const brings = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
  if (bodies.length === 0 && (brings || type !== undefined))
    throw new ServeRefused('serve/body', 'a body where none is expected');
  if (bodies.length === 0) return;
  const types = bodies.map((one) => (one.type === 'json' ? 'application/json' : one.mediaType));
  if (type === undefined || !types.includes(type))
    throw new ServeRefused('serve/media-type', `expected a body of the type ${types.join(' or ')}`);
}

const clientGone = new Error('nobody is to wait any longer');

/** Returns what makes a signal that is aborted when the client is gone or the server stops, and what says that the client is, or is to be answered now. */
function goneWith(
  { raw }: FastifyReply,
  stopping: AbortSignal,
): { readonly signal: () => AbortSignal; readonly leave: () => void } {
  let made: AbortSignal | undefined;
  let left: AbortController | undefined;
  let isGone = false;
  const leave = (): void => {
    isGone = true;
    // A reason of its own would be made for every answer, with its stack.
    left?.abort(clientGone);
  };
  raw.once('close', leave);
  const signal = (): AbortSignal => {
    if (made !== undefined) return made;
    left = new AbortController();
    if (isGone) left.abort(clientGone);
    made = AbortSignal.any([left.signal, stopping]);
    return made;
  };
  return { signal, leave };
}

async function send(reply: FastifyReply, answer: Answer, gone: () => AbortSignal): Promise<FastifyReply> {
  switch (answer.kind) {
    case 'document': {
      const { status, exitCode, fields, location } = answer;
      const body = {
        ...(jsonOf({ schemaVersion: 1, exitCode, ...fields }) as JsonObject),
        exit_code: exitCode,
      };
      if (location !== undefined) reply.header('location', location);
      return reply.code(status).type('application/json').send(JSON.stringify(body));
    }
    case 'bytes': {
      const { bytes, type, status = 200 } = answer;
      return reply
        .code(status)
        .type(type)
        .send(typeof bytes === 'string' ? bytes : Buffer.from(bytes));
    }
    case 'events':
      reply.hijack();
      await answerEvents(reply.raw, safeHeaders, answer.run, gone());
      return reply;
  }
}

function sendProblem(reply: FastifyReply, { status, document, retryAfter }: Problem): FastifyReply {
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  if (status === 401) reply.header('www-authenticate', 'Signature, Bearer');
  // The rest of a body that was refused is not read.
  if (status === 413 || status === 401 || status === 415) reply.header('connection', 'close');
  return reply.code(status).type(problemType).send(JSON.stringify(document));
}
