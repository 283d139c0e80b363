import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What a request is answered with where it may not go on; it says nothing of what is there. */
export type ScanRefusal =
  | { readonly status: 403; readonly code: 'scan/host' | 'scan/origin' | 'scan/cross-site' }
  | { readonly status: 404; readonly code: 'scan/token' | 'scan/path' }
  | { readonly status: 405; readonly code: 'scan/method' }
  | { readonly status: 408; readonly code: 'scan/slow-body' }
  | { readonly status: 413; readonly code: 'scan/large-body' }
  | { readonly status: 415; readonly code: 'scan/body-type' };

/** Thrown for a request that is refused. */
export class ScanRefused extends Error {
  readonly refusal: ScanRefusal;

  constructor(refusal: ScanRefusal) {
    super(refusal.code);
    this.name = 'ScanRefused';
    this.refusal = refusal;
  }
}

/** Where the page is served, and the secret that its address holds. */
export interface ScanPlace {
  readonly port: number;
  /** 43 characters of base64url: 32 random bytes. */
  readonly token: string;
}

/** What may be asked for. */
export const scanRoutes = {
  '': 'GET',
  requests: 'GET',
  export: 'POST',
  decisions: 'POST',
} as const;

export type ScanRoute = keyof typeof scanRoutes;

/**
 * Returns what an admitted request asks for. Checked in this order: the host (a name that a foreign page made point
 * here), the origin (a foreign page that knows the address), the token, the path as it stands, the method.
 * @throws ScanRefused
 */
export function admitRequest(request: IncomingMessage, { port, token }: ScanPlace): ScanRoute {
  const { headers, method, url } = request;
  const here = `127.0.0.1:${port}`;
  if (headers.host !== here) throw new ScanRefused({ status: 403, code: 'scan/host' });
  const origin = headers.origin;
  if (origin !== undefined && origin !== `http://${here}`) {
    throw new ScanRefused({ status: 403, code: 'scan/origin' });
  }
  // Browsers say where a request comes from; what no browser sends has no page behind it.
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new ScanRefused({ status: 403, code: 'scan/cross-site' });
  }
  const route = routeOf(url ?? '', token);
  if (method !== scanRoutes[route]) throw new ScanRefused({ status: 405, code: 'scan/method' });
  // What changes something must come from the page itself: browsers name the origin of every POST.
  if (method === 'POST' && origin === undefined) throw new ScanRefused({ status: 403, code: 'scan/origin' });
  return route;
}

/** The path is compared as text: nothing in it is decoded, joined or resolved. */
function routeOf(url: string, token: string): ScanRoute {
  const [empty, given = '', rest = '', ...more] = url.split('/');
  if (empty !== '' || !sameText(given, token)) throw new ScanRefused({ status: 404, code: 'scan/token' });
  const route = Object.keys(scanRoutes).find((name): name is ScanRoute => name === rest);
  if (route === undefined || more.length > 0 || !url.startsWith(`/${token}/`)) {
    throw new ScanRefused({ status: 404, code: 'scan/path' });
  }
  return route;
}

function sameText(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The longest body, in bytes: more than any response of an approver. */
export const scanBodyBytesMax = 1_048_576;

/** Returns the body of a request. @throws ScanRefused `scan/body-type`, `scan/large-body`, `scan/slow-body` */
export async function readBody(request: IncomingMessage, timeoutMs: number): Promise<Uint8Array> {
  if (request.headers['content-type'] !== 'application/octet-stream') {
    throw new ScanRefused({ status: 415, code: 'scan/body-type' });
  }
  const tooLarge = new ScanRefused({ status: 413, code: 'scan/large-body' });
  if (Number(request.headers['content-length'] ?? '0') > scanBodyBytesMax) throw tooLarge;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const end = (act: () => void): void => {
      clearTimeout(timer);
      act();
    };
    const timer = setTimeout(
      () => reject(new ScanRefused({ status: 408, code: 'scan/slow-body' })),
      timeoutMs,
    );
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > scanBodyBytesMax) end(() => reject(tooLarge));
      else chunks.push(chunk);
    });
    request.on('end', () => end(() => resolve(new Uint8Array(Buffer.concat(chunks)))));
    request.on('error', (cause) => end(() => reject(cause)));
  });
}
