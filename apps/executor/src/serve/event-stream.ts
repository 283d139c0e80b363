import { jsonOf } from '@countersign/program';
import type { ServerResponse } from 'node:http';
import { problemOf } from './problem.ts';
import type { SendEvent } from './route.ts';

/** Bytes that may wait for a client that does not read; then it is cut off. */
const waitingBytesMax = 262_144;
const heartbeatMs = 15_000;

/**
 * Answers with server-sent events until `run` is done or refuses, which is the last event then, the client is gone or reads too slowly. Every event is one line of JSON;
 * a comment now and then tells proxies and clients that the line is alive.
 */
export async function answerEvents(
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  run: (send: SendEvent, gone: AbortSignal) => Promise<void>,
  gone: AbortSignal,
): Promise<void> {
  const slow = new AbortController();
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream', connection: 'close' });
  const write = (text: string): void => {
    if (response.writableLength > waitingBytesMax) slow.abort();
    else if (!response.destroyed) response.write(text);
  };
  const heartbeat = setInterval(() => write(': still here\n\n'), heartbeatMs);
  try {
    write('retry: 2000\n\n');
    const until = AbortSignal.any([gone, slow.signal]);
    const send: SendEvent = (name, fields) =>
      write(`event: ${name}\ndata: ${JSON.stringify(jsonOf(fields))}\n\n`);
    await run(send, until).catch((thrown: unknown) => send('refused', problemOf(thrown).document));
  } finally {
    clearInterval(heartbeat);
    if (slow.signal.aborted) response.destroy();
    else response.end();
  }
}
