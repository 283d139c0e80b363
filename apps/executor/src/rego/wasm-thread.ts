import { parentPort, workerData } from 'node:worker_threads';
import { loadPolicy } from '@open-policy-agent/opa-wasm';
import type { RegoCode, RegoFailure } from '@countersign/policy';

/** What the thread is started with. */
export interface ThreadStart {
  readonly wasm: Uint8Array;
  /** JSON. */
  readonly data: string;
  readonly entrypoint: string;
  /** In pages of 64 KiB. */
  readonly memoryPagesMax: number;
  /** In UTF-16 code units of the results' JSON. */
  readonly answerLengthMax: number;
}

/** What the thread says: first that it is ready, then one answer to each input. */
export type ThreadWord =
  { readonly type: 'ready' } | { readonly type: 'results'; readonly text: string } | RegoFailure;

/** Loads the module with its data and returns what gives the results of its entry point on an input. */
export async function loadModule({
  wasm,
  data,
  entrypoint,
  memoryPagesMax,
}: Omit<ThreadStart, 'answerLengthMax'>): Promise<(input: object) => unknown> {
  const policy = await loadPolicy(wasm, { initial: 5, maximum: memoryPagesMax });
  policy.setData(JSON.parse(data) as object);
  return (input) => policy.evaluate(input, entrypoint) as unknown;
}

const textLengthMax = 1_048_576;

/** Loads the module and answers every input (JSON) that comes with the results of the entry point, until it is ended. */
export async function serveAsRegoThread(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('expected to be a thread');
  boundTexts();
  const start = workerData as ThreadStart;
  try {
    const evaluate = await loadModule(start);
    port.on('message', (input: string) => {
      port.postMessage(answer(() => evaluate(JSON.parse(input) as object), start.answerLengthMax));
    });
    port.postMessage({ type: 'ready' } satisfies ThreadWord);
  } catch (thrown) {
    port.postMessage(failure('rego/load', `the bundle does not load: ${wordsOf(thrown)}`));
  }
}

/**
 * Bounds how long a text a built-in function may make at once, in this thread alone: `sprintf("%400000000d")` of the package
 * would overrun the heap in one step, and that ends the whole program and not the thread.
 */
function boundTexts(): void {
  const repeat: unknown = Reflect.get(String.prototype, 'repeat');
  if (typeof repeat !== 'function') throw new Error('expected a text to have repeat');
  Reflect.set(String.prototype, 'repeat', function (this: string, count: number): string {
    if (this.length * count > textLengthMax) throw new RangeError('out of memory: a text is too long');
    return String(Reflect.apply(repeat, this, [count]));
  });
}

/** The room of policies is not imported for this: a thread starts in a tenth of the time without. */
function failure(code: RegoCode, message: string): RegoFailure {
  return { type: 'failed', code, message };
}

function answer(evaluate: () => unknown, lengthMax: number): ThreadWord {
  try {
    const text = JSON.stringify(evaluate());
    if (text.length <= lengthMax) return { type: 'results', text };
    return failure('rego/answer-too-large', `the answer is over ${lengthMax} bytes`);
  } catch (thrown) {
    const words = wordsOf(thrown);
    // The module's own allocator, the memory's growth, and the JavaScript around it fail in these words.
    return /opa_malloc|WebAssembly\.Memory|out of memory/i.test(words)
      ? failure('rego/memory', 'the evaluation needs more memory than it may have')
      : failure('rego/failed', `the evaluation failed: ${words}`);
  }
}

/** The package throws texts and plain objects beside errors. */
function wordsOf(thrown: unknown): string {
  const message =
    typeof thrown === 'object' && thrown !== null && 'message' in thrown ? thrown.message : thrown;
  return typeof message === 'string' ? message.slice(0, 500) : 'no reason was given';
}
