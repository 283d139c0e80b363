import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Caller } from '../src/serve/caller.ts';
import { OpenCalls } from '../src/serve/open-calls.ts';
import { document, type Route } from '../src/serve/route.ts';
import { defaultServerLimits, openServer, type HttpServer } from '../src/serve/server.ts';
import { noTrace } from '../src/trace/trace.ts';
import { ask } from './http-client.ts';

const connectionsMax = 8;
let server: HttpServer;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
});

const routes: readonly Route[] = [
  {
    method: 'GET',
    path: '/probe',
    summary: 'answers at once',
    access: 'open',
    answers: {},
    answer: () => document({ code: 'probe/alive' }),
  },
  {
    method: 'GET',
    path: '/wait',
    summary: 'answers when the client is gone',
    access: 'caller',
    answers: {},
    waits: true,
    answer: async ({ gone }) => {
      const until = gone();
      await new Promise((resolve) => until.addEventListener('abort', resolve, { once: true }));
      return document({ code: 'wait/over' });
    },
  },
];

async function open(calls: OpenCalls, limits = {}): Promise<void> {
  server = await openServer({
    place: { host: '127.0.0.1', port: 0, scheme: 'http', names: [] },
    tls: undefined,
    limits: { ...defaultServerLimits, connectionsMax, ...limits },
    routes,
    log: () => undefined,
    trace: noTrace,
    stopping: new AbortController().signal,
    doorkeeper: {
      // Whoever the header says: who calls is not what is asked here.
      identify: ({ headers }) =>
        ({ person: { id: headers.authorization }, by: 'token' }) as unknown as Caller,
      enter: (identity, waits) => calls.enter(identity, waits),
      answered: () => undefined,
    },
  });
}

/** Opens a connection that says `text`, and returns it with what it is told. */
function line(text: string): {
  readonly socket: Socket;
  readonly heard: () => string;
  readonly closed: Promise<void>;
} {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  let heard = '';
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  socket.on('error', () => undefined);
  if (text !== '') socket.write(text);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, heard: () => heard, closed };
}

function waitOf(who: string): string {
  return `GET /wait HTTP/1.1\r\nHost: ${new URL(server.url).host}\r\nAuthorization: ${who}\r\n\r\n`;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const wide = (): OpenCalls => new OpenCalls({ waits: 100, all: 100 });

test.each([
  ['nothing', ''],
  ['half a call', 'GET /probe HTTP/1.1\r\nHost'],
])('connections that say %s give way, the oldest first', async (_what, text) => {
  await open(wide());
  const idle: ReturnType<typeof line>[] = [];
  for (let index = 0; index < connectionsMax * 3; index += 1) {
    idle.push(line(text));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  for (let index = 0; index < 3; index += 1) expect((await ask(server.url, '/probe')).status).toBe(200);
  await Promise.all(idle.slice(0, connectionsMax * 2).map(({ closed }) => closed));
  expect(idle.at(-1)?.socket.destroyed).toBe(false);
});

test('a call that is being answered gives way to nothing', async () => {
  const calls = wide();
  await open(calls);
  const waiting = Array.from({ length: connectionsMax - 1 }, () => line(waitOf('ci')));
  await until(() => entered(calls) === connectionsMax - 1);
  for (let index = 0; index < 30; index += 1) line('');
  expect((await ask(server.url, '/probe')).status).toBe(200);
  expect(waiting.filter(({ socket }) => socket.destroyed)).toEqual([]);
});

/** How many calls of `ci` are open, found out by what is refused. */
function entered(calls: OpenCalls): number {
  const ends: (() => void)[] = [];
  try {
    for (;;) ends.push(calls.enter('ci', true));
  } catch {
    return 100 - ends.length;
  } finally {
    for (const end of ends) end();
  }
}

test('calls that came one behind the other on a line that was closed are over', async () => {
  const calls = wide();
  await open(calls);
  const { socket } = line(waitOf('ci').repeat(5));
  await until(() => entered(calls) === 5);
  socket.destroy();
  await until(() => entered(calls) === 0);
});

test('one identity has so many waits open and twice as many calls; all together have theirs', () => {
  const calls = new OpenCalls({ waits: 2, all: 6 });
  const refusal = (who: string, waits: boolean): unknown => {
    try {
      calls.enter(who, waits)();
      return 'entered';
    } catch (thrown) {
      return (thrown as { readonly code: unknown }).code;
    }
  };
  const ends = [calls.enter('ci', true), calls.enter('ci', true)];
  expect(refusal('ci', true)).toBe('serve/open-calls');
  ends.push(calls.enter('ci', false), calls.enter('ci', false));
  expect(refusal('ci', false)).toBe('serve/open-calls');
  expect(refusal('olivia', true)).toBe('entered');
  ends.push(calls.enter('olivia', true), calls.enter('agent-7', true));
  expect(refusal('olivia', false)).toBe('serve/busy');
  // Ended twice is ended once.
  ends[0]?.();
  ends[0]?.();
  expect(refusal('ci', true)).toBe('entered');
  ends.push(calls.enter('olivia', false));
  expect(refusal('olivia', false)).toBe('serve/busy');
});
