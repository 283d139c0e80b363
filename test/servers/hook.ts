import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificates.ts';

/** One message as it arrived. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An endpoint on a loopback port that keeps what it is sent. */
export class Hook {
  readonly received: Received[] = [];
  /** What it answers with: a status, and headers. */
  answer: { readonly status: number; readonly headers?: Readonly<Record<string, string>> } = { status: 204 };
  readonly #server: Server;
  readonly #scheme: string;

  private constructor(certificate: Certificate | undefined) {
    const listener: RequestListener = (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
      request.on('end', () => {
        this.received.push({ path: request.url ?? '', headers: request.headers, body });
        response.writeHead(this.answer.status, this.answer.headers).end();
      });
    };
    this.#scheme = certificate === undefined ? 'http' : 'https';
    this.#server =
      certificate === undefined ? createServer(listener) : createSecureServer(certificate, listener);
  }

  static async start(certificate?: Certificate): Promise<Hook> {
    const hook = new Hook(certificate);
    await new Promise<void>((resolve) => hook.#server.listen(0, '127.0.0.1', resolve));
    return hook;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(host = '127.0.0.1'): string {
    return `${this.#scheme}://${host}:${this.port}/hook`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
