import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Reading, Task } from './reader-worker.ts';
import type { EngineName } from './scripts.ts';

const WORKER = new URL('./reader-worker.ts', import.meta.url);
/** A text that takes longer counts as not read. */
const TEXT_TIMEOUT_MS = 10_000;

/** What one parser made of all texts, in their order. */
export interface Readings {
  readonly name: string;
  readonly readings: readonly Reading[];
  /** Texts at which it broke down or took longer than the time allowed. */
  readonly breakdowns: number;
}

/** Reads the texts in a worker that is started anew behind each text that breaks it or takes too long. */
export async function readAll(
  reader: number,
  engine: EngineName,
  texts: readonly string[],
): Promise<Readings> {
  const readings: Reading[] = [];
  const names = new Set<string>();
  let breakdowns = 0;
  while (readings.length < texts.length) {
    names.add(await readOn({ reader, engine, texts, from: readings.length }, readings));
    if (readings.length === texts.length && readings.at(-1)?.broken !== true) break;
    breakdowns += 1;
    if (readings.at(-1)?.broken === true) continue;
    readings.push({ index: readings.length, reads: false, broken: true, micros: TEXT_TIMEOUT_MS * 1000 });
  }
  return { name: [...names].join(''), readings, breakdowns };
}

/** Returns the parser's name when the worker has ended, by itself or because nothing came from it. */
async function readOn(task: Task, readings: Reading[]): Promise<string> {
  const worker = new Worker(WORKER, { workerData: task });
  const ended = once(worker, 'exit');
  let [name, heard] = ['', 0];
  worker.on('message', (message: Reading | string) => {
    heard += 1;
    if (typeof message === 'string') name = message;
    else readings.push(message);
  });
  worker.on('error', (error) => {
    process.stderr.write(`${String(error)}\n`);
  });
  for (let seen = -1; seen !== heard;) {
    seen = heard;
    if ((await Promise.race([ended, sleep(TEXT_TIMEOUT_MS, 'waited')])) !== 'waited') return name;
  }
  await worker.terminate();
  return name;
}
