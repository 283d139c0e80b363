import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { failureOf, jsonOf } from '@countersign/program';
import { admitRequest, readBody, ScanRefused, type ScanPlace } from './guard.ts';

/** What the page may ask of the executor. It shows and carries; nothing here approves. */
export interface ScanDesk {
  /** The requests that wait for approvers. */
  readonly requests: () => object;
  /** Returns the bundle of a request by its id in hex. */
  readonly exportBundle: (id: string) => Uint8Array;
  /** Takes a response that was read from codes or a file. */
  readonly admit: (response: Uint8Array) => object;
}

/** The page, and the policy by which a browser runs it. */
export interface ScanPage {
  readonly html: string;
  readonly policy: string;
}

export interface ScanServer {
  /** The address of the page; whoever has it may carry decisions in. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

export interface ScanLimits {
  /** How long a body may take to arrive, in milliseconds. */
  readonly bodyTimeoutMs: number;
}

const defaultLimits: ScanLimits = { bodyTimeoutMs: 10_000 };
const connectionsMax = 32;
const headerBytesMax = 8192;
const headersTimeoutMs = 5000;
const idMax = 64;

/** Serves the page on the loopback interface, at a port the system chooses and under a random token. */
export async function openScanServer(
  desk: ScanDesk,
  page: ScanPage,
  limits: ScanLimits = defaultLimits,
): Promise<ScanServer> {
  const place = { port: 0, token: randomBytes(32).toString('base64url') };
  const server = createServer(
    {
      maxHeaderSize: headerBytesMax,
      headersTimeout: headersTimeoutMs,
      requestTimeout: headersTimeoutMs + limits.bodyTimeoutMs,
    },
    (request, response) => {
      // An answer is never left open: whatever is thrown ends it.
      answer(request, response, { desk, page, place, limits }).catch(() => response.destroy());
    },
  );
  server.maxConnections = connectionsMax;
  place.port = await listen(server);
  return {
    url: `http://127.0.0.1:${place.port}/${place.token}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no port'));
      else resolve(address.port);
    });
  });
}

interface Service {
  readonly desk: ScanDesk;
  readonly page: ScanPage;
  readonly place: ScanPlace;
  readonly limits: ScanLimits;
}

async function answer(request: IncomingMessage, response: ServerResponse, service: Service): Promise<void> {
  const { desk, page, place, limits } = service;
  const send = (status: number, type: string, body: string | Uint8Array): void => {
    response.writeHead(status, { ...headers(page.policy), 'content-type': type });
    response.end(body);
  };
  const json = (status: number, fields: object): void =>
    send(status, 'application/json; charset=utf-8', JSON.stringify(jsonOf(fields)));
  try {
    switch (admitRequest(request, place)) {
      case '':
        send(200, 'text/html; charset=utf-8', page.html);
        return;
      case 'requests':
        json(200, desk.requests());
        return;
      case 'export': {
        const id = Buffer.from(await readBody(request, limits.bodyTimeoutMs))
          .toString('latin1')
          .slice(0, idMax);
        send(200, 'application/octet-stream', desk.exportBundle(id));
        return;
      }
      case 'decisions':
        json(200, desk.admit(await readBody(request, limits.bodyTimeoutMs)));
    }
  } catch (thrown) {
    refuse(thrown, response, json);
  }
}

function refuse(
  thrown: unknown,
  response: ServerResponse,
  json: (status: number, fields: object) => void,
): void {
  if (thrown instanceof ScanRefused) {
    // The rest of a body that was refused is not read.
    response.setHeader('connection', 'close');
    json(thrown.refusal.status, { code: thrown.refusal.code });
    response.once('finish', () => response.socket?.destroySoon());
    return;
  }
  const { code, message, hint } = failureOf(thrown);
  json(code === 'internal/unexpected' ? 500 : 409, { code, message, hint });
}

function headers(policy: string): Readonly<Record<string, string>> {
  return {
    'content-security-policy': policy,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
  };
}
