import type { Server, Socket } from 'node:net';

interface Connection {
  readonly socket: Socket;
  /** What ends each call that is being answered on it. */
  readonly calls: Set<() => void>;
}

/**
 * The open connections, so many at most. When one more comes, the one that has been without a known caller for longest gives way, so
 * that nobody shuts others out with connections that say nothing, or too little, or come slowly.
 */
export class Connections {
  readonly #max: number;
  readonly #open = new Map<string, Connection>();

  constructor(server: Server, max: number) {
    this.#max = max;
    server.on('connection', (socket: Socket) => this.#add(socket));
  }

  /** Keeps a connection while a call on it is answered. `ended` is called once: when what this returns is, or the connection is closed. */
  keep(socket: Socket, ended: () => void): () => void {
    const key = keyOf(socket);
    const connection = this.#open.get(key);
    if (connection === undefined || socket.destroyed) {
      ended();
      return () => undefined;
    }
    const end = (): void => {
      if (!connection.calls.delete(end)) return;
      ended();
      // The map's order is how long each has been idle.
      if (this.#open.get(key) === connection && this.#open.delete(key)) this.#open.set(key, connection);
    };
    connection.calls.add(end);
    return end;
  }

  #add(socket: Socket): void {
    if (socket.remotePort === undefined || (this.#open.size >= this.#max && !this.#giveWay())) {
      socket.destroy();
      return;
    }
    const key = keyOf(socket);
    const connection: Connection = { socket, calls: new Set() };
    this.#open.set(key, connection);
    socket.once('close', () => {
      if (this.#open.get(key) === connection) this.#open.delete(key);
      for (const end of [...connection.calls]) end();
    });
  }

  #giveWay(): boolean {
    for (const [key, { socket, calls }] of this.#open) {
      if (calls.size > 0) continue;
      this.#open.delete(key);
      socket.destroy();
      return true;
    }
    return false;
  }
}

/**
 * A call over TLS knows another socket than the one that was accepted; both have this in common. Both ends are named: from one port
 * somebody may connect to several addresses of the server.
 */
function keyOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return [remoteAddress, remotePort, localAddress, localPort].map((one) => one ?? '').join(' ');
}
