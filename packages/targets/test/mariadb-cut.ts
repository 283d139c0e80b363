import { rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';

/** A socket between a client and a server that breaks, or goes silent, when a text goes by, before the server sees it or after it answered. */
export interface Cut {
  readonly socket: string;
  /** Sessions that may still be opened; none once this is false. */
  open: boolean;
  readonly stop: () => Promise<void>;
}

/** The protocol's number of a message that runs the text in it; others prepare one, and the next message runs it. */
const queries = 3;

/** Listens beside the server's socket. The cut is at the message that runs `text`. */
export async function cutAt(
  text: string,
  when: 'before' | 'after',
  server: { readonly folder: string; readonly socket: string },
  how: 'break' | 'silence' = 'break',
): Promise<Cut> {
  const socket = join(server.folder, `cut-${Math.random().toString(36).slice(2)}`);
  const cut = { socket, open: true, stop: (): Promise<void> => Promise.resolve() };
  const all = new Set<Socket>();
  const listener = createServer((client) => {
    if (!cut.open) {
      client.destroy();
      return;
    }
    const other = connect(server.socket);
    const end = (): void => {
      client.destroy();
      other.destroy();
    };
    for (const one of [client, other]) {
      all.add(one);
      one.on('error', end);
      one.on('close', end);
    }
    let prepared = false;
    let last = false;
    client.on('data', (bytes: Buffer) => {
      const here = bytes.includes(text);
      if (prepared || (here && bytes[4] === queries)) {
        last = true;
        if (when === 'before') {
          if (how === 'break') end();
          return;
        }
      }
      if (here) prepared = true;
      other.write(bytes);
    });
    other.on('data', (bytes: Buffer) => {
      if (!last) client.write(bytes);
      else if (how === 'break') end();
    });
  });
  await new Promise<void>((done) => listener.listen(socket, done));
  cut.stop = async () => {
    for (const one of all) one.destroy();
    await new Promise((done) => listener.close(done));
    rmSync(socket, { force: true });
  };
  return cut;
}
