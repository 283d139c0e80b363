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
      enter: (identity, waits, giveWay) => calls.enter(identity, waits, giveWay),
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
    for (;;) ends.push(calls.enter('ci', true, () => undefined));
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

const quiet = (): void => undefined;

test('one identity has so many waits open and twice as many calls; all together have theirs', () => {
  const calls = new OpenCalls({ waits: 2, all: 6 });
  const refusal = (who: string, waits: boolean): unknown => {
    try {
      calls.enter(who, waits, quiet)();
      return 'entered';
    } catch (thrown) {
      return (thrown as { readonly code: unknown }).code;
    }
  };
  const enter = (who: string, waits: boolean): (() => void) => calls.enter(who, waits, quiet);
  const ends = [enter('ci', true), enter('ci', true)];
  expect(refusal('ci', true)).toBe('serve/open-calls');
  ends.push(enter('olivia', false), enter('olivia', false), enter('agent-7', true));
  expect(refusal('olivia', true)).toBe('entered');
  ends.push(enter('agent-7', true));
  // Everybody has two: nobody has to give one up.
  expect(refusal('olivia', false)).toBe('serve/busy');
  // Ended twice is ended once.
  ends[0]?.();
  ends[0]?.();
  expect(refusal('ci', true)).toBe('entered');
  ends.push(enter('olivia', false));
  expect(refusal('olivia', false)).toBe('serve/busy');
});

test('when every place is taken, the oldest call of whoever holds most gives way to one who holds less', () => {
  const calls = new OpenCalls({ waits: 8, all: 10 });
  const told: string[] = [];
  const enter = (who: string): void => void calls.enter(who, true, () => told.push(who));
  for (const who of ['a', 'b', 'a', 'a', 'a', 'b', 'a', 'a', 'b', 'a']) enter(who);
  for (const [who, from] of [
    ['c', 'a'],
    ['c', 'a'],
    ['d', 'a'],
    ['d', 'a'],
  ] as const) {
    enter(who);
    expect(told.splice(0)).toEqual([from]);
  }
  // a 3, b 3, c 2, d 2: whoever has two would have as many as those, who give nothing.
  expect(() => enter('c')).toThrow(/10 calls are open/);
  enter('e');
  enter('f');
  expect(told).toHaveLength(2);
});

test('the one that gives way is the oldest, and is over when it is told', () => {
  const calls = new OpenCalls({ waits: 3, all: 3 });
  const told: number[] = [];
  const ends = [0, 1, 2].map((index) => calls.enter('ci', true, () => told.push(index)));
  calls.enter('olivia', true, quiet);
  expect(told).toEqual([0]);
  // Its own end comes later, and ends nothing more.
  ends[0]?.();
  expect(() => calls.enter('olivia', true, quiet)).toThrow(/3 calls are open/);
});

test('a wait that gives way is answered as one that is over', async () => {
  const calls = new OpenCalls({ waits: 2, all: 2 });
  await open(calls);
  const waits = [line(waitOf('ci')), line(waitOf('ci'))];
  await until(() => isFull(calls));
  const other = line(waitOf('olivia'));
  await until(() => waits.some(({ heard }) => heard().includes('wait/over')));
  expect(waits.filter(({ heard }) => heard() === '').length).toBe(1);
  expect(other.heard()).toBe('');
});

/** Whether somebody who holds as much as anybody is refused. */
function isFull(calls: OpenCalls): boolean {
  try {
    calls.enter('ci', false, quiet)();
    return false;
  } catch {
    return true;
  }
}
