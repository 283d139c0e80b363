import { CameraError } from './camera-error.ts';
import type { PictureReader } from './picture-reader.ts';
import type { FromWorker, ToWorker } from './protocol.ts';
import type { Report } from './report.ts';

/** The name of the policy by which the script of the worker is trusted, where a page demands trusted types. */
export const trustedTypesPolicy = 'countersign-reader';

interface Waiting {
  readonly resolve: (answer: FromWorker) => void;
  readonly reject: (error: Error) => void;
}

type Question = ToWorker extends infer One ? (One extends ToWorker ? Omit<One, 'id'> : never) : never;

const openTimeoutMs = 15_000;

/**
 * Reads in a worker, so that a page that shows codes never waits for one that it reads. The page's security policy must
 * allow `worker-src blob:` and `script-src 'wasm-unsafe-eval'`, and `trusted-types countersign-reader` where it demands
 * trusted types.
 */
export class WorkerReader implements PictureReader {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  /** Which reader runs; the plain one where WebAssembly is refused. */
  name: 'zxing' | 'plain' = 'plain';

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#hear(data));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#fail(new CameraError('worker/failed', 'the reader of codes broke down, expected it to go on'));
    });
  }

  /**
   * Starts a worker from the text of its script and opens its reader with this WebAssembly.
   * @throws CameraError worker/failed, worker/too-slow
   */
  static async open(script: string, wasm: Uint8Array | undefined): Promise<WorkerReader> {
    const reader = new WorkerReader(startWorker(script));
    const timer = setTimeout(() => {
      reader.#fail(new CameraError('worker/too-slow', 'the reader of codes does not start'));
    }, openTimeoutMs);
    try {
      const opened = await reader.#ask({ kind: 'open', wasm }, []);
      if (opened.kind === 'opened') reader.name = opened.reader;
      return reader;
    } finally {
      clearTimeout(timer);
    }
  }

  async read(picture: VideoFrame | ImageBitmap): Promise<Report> {
    return reportOf(await this.#ask({ kind: 'picture', picture }, [picture]));
  }

  async readFile(bytes: Uint8Array): Promise<Report> {
    return reportOf(await this.#ask({ kind: 'file', bytes }, []));
  }

  forget(): void {
    this.#worker.postMessage({ kind: 'forget', id: 0 } satisfies ToWorker);
  }

  close(): void {
    this.#worker.terminate();
    this.#fail(new CameraError('worker/failed', 'the reader of codes was closed'));
  }

  #ask(question: Question, transfer: readonly (VideoFrame | ImageBitmap)[]): Promise<FromWorker> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...question, id }, [...transfer]);
    });
  }

  #hear(answer: FromWorker): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    waiting?.resolve(answer);
  }

  #fail(error: CameraError): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function reportOf(answer: FromWorker): Report {
  if (answer.kind === 'report') return answer.report;
  const message = answer.kind === 'refused' ? `${answer.message} [${answer.code}]` : 'no report came';
  throw new CameraError(answer.kind === 'refused' ? 'picture/undecodable' : 'worker/failed', message);
}

/** Starts a worker from its text: a page that is one file has nothing beside it to load. */
function startWorker(script: string): Worker {
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  try {
    return new Worker(trusted(url));
  } finally {
    URL.revokeObjectURL(url);
  }
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { readonly createScriptURL: (url: string) => string },
  ): { createScriptURL(url: string): string };
}

/** INVARIANT: the policy trusts the one address that was made here from our own script, and no other. */
function trusted(url: string): string {
  const { trustedTypes } = window as { readonly trustedTypes?: TrustedTypes };
  if (trustedTypes === undefined) return url;
  const policy = trustedTypes.createPolicy(trustedTypesPolicy, {
    createScriptURL: (asked) => {
      if (asked !== url) throw new CameraError('worker/failed', 'another script than our own');
      return asked;
    },
  });
  return policy.createScriptURL(url);
}
