/** Reads the texts that it is given by one parser, from one of them on, and says for each whether and how long. */
import { parentPort, workerData } from 'node:worker_threads';
import { openReader } from './readers.ts';
import type { EngineName } from './scripts.ts';

/** What a worker is started with. */
export interface Task {
  readonly reader: number;
  readonly engine: EngineName;
  readonly texts: readonly string[];
  readonly from: number;
}

/** One message for each text. A parser that broke down reads nothing more and is to be made anew. */
export interface Reading {
  readonly index: number;
  readonly reads: boolean;
  readonly broken: boolean;
  readonly micros: number;
}

const WARM_UP = 300;
const { reader, engine, texts, from } = workerData as Task;
const { name, reads } = await openReader(reader, engine);
for (const sql of texts.slice(0, Math.min(from, WARM_UP))) attempt(sql);
parentPort?.postMessage(name);
for (let index = from; index < texts.length; index += 1) {
  const start = performance.now();
  const outcome = attempt(texts[index] ?? '');
  const micros = (performance.now() - start) * 1000;
  const broken = outcome instanceof Error && outcome.name === 'RuntimeError';
  const message: Reading = { index, reads: outcome === true, broken, micros };
  parentPort?.postMessage(message);
  if (broken) break;
}

function attempt(sql: string): unknown {
  try {
    return reads(sql);
  } catch (thrown) {
    return thrown;
  }
}
