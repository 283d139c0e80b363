import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/**
 * What happens to the connections through a proxy: `cut` ends them both ways at once; `swallow` loses what the client says next
 * and then cuts; `mute` lets that through and cuts before the answer; `deafen` loses all that the client says, `silence` all
 * that the server says, and nothing is cut.
 */
export type Cut = 'cut' | 'swallow' | 'mute' | 'deafen' | 'silence';

/** A plain TCP proxy on 127.0.0.1 whose connections can be cut at a chosen moment; new ones are taken all the time. */
export class CuttingProxy {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param to a port of this machine, or the path of a Unix socket */
  static async open(to: number | string): Promise<CuttingProxy> {
    const server = createServer();
    const proxy = new CuttingProxy(server);
    server.on('connection', (client) => {
      const pair = new Pair(client, typeof to === 'string' ? connect(to) : connect(to, '127.0.0.1'));
      proxy.#pairs.add(pair);
      client.on('close', () => proxy.#pairs.delete(pair));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Does it to every connection that stands now. */
  do(cut: Cut): void {
    for (const pair of this.#pairs) pair.do(cut);
  }

  close(): void {
    this.do('cut');
    this.#server.close();
  }
}

class Pair {
  readonly #client: Socket;
  readonly #server: Socket;
  #cut: Cut | undefined;

  constructor(client: Socket, server: Socket) {
    this.#client = client;
    this.#server = server;
    client.on('data', (bytes) => {
      if (this.#cut === 'swallow') this.do('cut');
      else if (this.#cut !== 'deafen') server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (this.#cut === 'mute') this.do('cut');
      else if (this.#cut !== 'silence') client.write(bytes);
    });
    for (const socket of [client, server]) {
      // A cut connection may say so more than once.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.do('cut');
      });
    }
  }

  do(cut: Cut): void {
    this.#cut = cut;
    if (cut !== 'cut') return;
    this.#client.destroy();
    this.#server.destroy();
  }
}
