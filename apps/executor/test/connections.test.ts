import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { Connections } from '../src/serve/connections.ts';

test('two connections from one port, to two addresses of the server, are two', async () => {
  const server = createServer();
  const connections = new Connections(server, 10);
  const accepted: Socket[] = [];
  server.on('connection', (socket: Socket) => accepted.push(socket));
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const open = async (host: string, localPort?: number): Promise<Socket> => {
    const socket = connect({ host, port, localAddress: '127.0.0.1', localPort });
    await once(socket, 'connect');
    return socket;
  };
  const first = await open('127.0.0.1');
  const second = await open('127.0.0.2', first.localPort);
  await vi.waitFor(() => expect(accepted).toHaveLength(2));
  const ended: number[] = [];
  accepted.forEach((socket, index) => connections.keep(socket, () => ended.push(index)));
  first.destroy();
  await vi.waitFor(() => expect(ended).toEqual([0]));
  second.destroy();
  await vi.waitFor(() => expect(ended).toEqual([0, 1]));
  server.close();
});
