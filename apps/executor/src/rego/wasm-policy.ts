import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { REGO_ANSWER_BYTES_MAX, readRegoResults, regoFailure } from '@countersign/policy';
import type { RegoDocument, RegoFailure } from '@countersign/policy';
import type { RegoBundle } from './bundle.ts';
import type { RegoPolicy, RegoReply } from './rego-policy.ts';
import type { ThreadStart, ThreadWord } from './wasm-thread.ts';

/** The argument by which the program's file is started as the thread of a Rego policy. */
export const regoThreadArgument = '--countersign-rego';

const loadMs = 10_000;
const memoryPagesMax = 1024;
/** The module's memory counts in it too: with less, every growth of that one collects garbage first. */
const heapMib = 256;

/** A bundle in a thread of its own, which is started when first asked and ended after any failure. */
export class WasmPolicy implements RegoPolicy {
  readonly path: string;
  readonly #bundle: RegoBundle;
  readonly #timeoutMs: number;
  #thread: Worker | undefined;
  /** The question that is being answered: the thread answers in the order it is asked. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(bundle: RegoBundle, entrypoint: string, timeoutMs: number) {
    this.path = entrypoint;
    this.#bundle = bundle;
    this.#timeoutMs = timeoutMs;
  }

  ask(document: RegoDocument): Promise<RegoReply> {
    const reply = this.#last.then(() => this.#ask(document));
    this.#last = reply;
    return reply;
  }

  async #ask({ text }: RegoDocument): Promise<RegoReply> {
    const word = await this.#results(text);
    if (word.type === 'failed') await this.close();
    const outcome = word.type === 'results' ? readRegoResults(word.text) : word;
    const { revision } = this.#bundle;
    const bundles = { [this.path]: revision === '' ? {} : { revision } };
    return { outcome, decisionId: undefined, bundles };
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  async #results(input: string): Promise<Extract<ThreadWord, { type: 'results' }> | RegoFailure> {
    const thread = this.#thread ?? this.#start();
    if (this.#thread === undefined) {
      this.#thread = thread;
      const loaded = await nextWord(thread, loadMs);
      if (loaded.type === 'failed') return loaded;
    }
    const word = nextWord(thread, this.#timeoutMs);
    thread.postMessage(input);
    const said = await word;
    return said.type === 'ready' ? regoFailure('rego/failed', 'the thread answered out of turn') : said;
  }

  #start(): Worker {
    const file = import.meta.filename;
    const { wasm, data } = this.#bundle;
    const workerData: ThreadStart = {
      wasm,
      data,
      entrypoint: this.path,
      memoryPagesMax,
      answerLengthMax: REGO_ANSWER_BYTES_MAX,
    };
    const thread = new Worker(file.endsWith('.mjs') ? file : join(import.meta.dirname, '..', 'main.ts'), {
      argv: [regoThreadArgument],
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: heapMib, maxYoungGenerationSizeMb: 8 },
      workerData,
    });
    // What a policy prints is for nobody: standard output belongs to the program's own documents.
    thread.stdout.resume();
    thread.stderr.resume();
    // A thread that nobody waits for does not keep the program alive.
    thread.unref();
    return thread;
  }
}

/** Returns the next thing the thread says, or why it says nothing. */
function nextWord(thread: Worker, timeoutMs: number): Promise<ThreadWord> {
  return new Promise((resolve) => {
    const end = (word: ThreadWord): void => {
      clearTimeout(timer);
      thread.off('message', said).off('error', failed).off('exit', gone);
      thread.on('error', () => undefined);
      resolve(word);
    };
    const said = (word: ThreadWord): void => {
      end(word);
    };
    const failed = (error: unknown): void => {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      end(
        code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? regoFailure('rego/memory', 'the evaluation needs more memory than it may have')
          : regoFailure(
              'rego/failed',
              `the thread broke: ${error instanceof Error ? error.message : 'unknown'}`,
            ),
      );
    };
    const gone = (): void => {
      end(regoFailure('rego/failed', 'the thread ended without an answer'));
    };
    const timer = setTimeout(() => {
      end(regoFailure('rego/timeout', `no answer within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    thread.on('message', said).on('error', failed).on('exit', gone);
  });
}
