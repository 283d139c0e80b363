import { SqlError } from '../error.ts';

/** A WebAssembly function over 32-bit values. */
type Call = (...values: number[]) => number;

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly table: { get(index: number): Call };
  readonly initialize: Call;
  readonly allocate: Call;
  readonly free: Call;
  readonly parse: Call;
  readonly freeResult: Call;
  readonly setThrew: Call;
  readonly restoreStack: Call;
  readonly currentStack: Call;
}

/** PostgreSQL's parser as the bytes of a WebAssembly module hold it, ready to be instantiated. */
export type ParserModule = WebAssembly.Module;

/** What the parser says: its tree as JSON, or why there is none. */
export type Parsed = { readonly tree: string } | { readonly refusal: string };

// The linker shortens names; these are the ones of the one version that package.json pins. A test
// compares them with the table that the package brings along.
const EXPORTS: Readonly<Record<keyof Exports, string>> = {
  memory: 'z',
  table: 'D',
  initialize: 'A',
  allocate: 'C',
  free: 'E',
  parse: 'F',
  freeResult: 'G',
  setThrew: 'P',
  restoreStack: 'Q',
  currentStack: 'R',
};
const INVOKES = 'abdefghijklny';
const IMPORTS = 'abcdefghijklmnopqrstuvwxy';
const PAGE_BYTES = 65_536;
const MEMORY_BYTES_MAX = 536_870_912;

/** Thrown through WebAssembly frames where the C code calls longjmp; never leaves this file. */
class LongJump extends Error {}

/**
 * Compiles the parser.
 * @throws SqlError `sql/parser-malformed` when the bytes are not those of the version this file knows
 */
export function compileParser(bytes: Uint8Array<ArrayBuffer>): ParserModule {
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(bytes);
  } catch (error) {
    throw new SqlError('sql/parser-malformed', 'the parser is no WebAssembly module', error);
  }
  const wanted = WebAssembly.Module.imports(module).map(({ name }) => name);
  const given = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  if (wanted.sort().join('') !== IMPORTS || !Object.values(EXPORTS).every((name) => given.has(name))) {
    throw new SqlError('sql/parser-malformed', 'the parser is not of the version expected');
  }
  return module;
}

/** One instance of the parser; after anything but an answer it is not to be used again. */
export class Parser {
  readonly #exports: Exports;
  readonly #encoder: InstanceType<typeof TextEncoder> = new TextEncoder();
  readonly #decoder: InstanceType<typeof TextDecoder> = new TextDecoder('utf-8', {
    fatal: true,
    ignoreBOM: true,
  });

  constructor(module: ParserModule) {
    const held: { exports?: Exports } = {};
    const exports = (): Exports => {
      if (held.exports === undefined) throw new SqlError('sql/parser-failed', 'the parser was not started');
      return held.exports;
    };
    const { exports: raw } = new WebAssembly.Instance(module, { a: imports(exports) });
    held.exports = Object.fromEntries(
      Object.entries(EXPORTS).map(([name, short]) => [name, raw[short]]),
    ) as unknown as Exports;
    this.#exports = held.exports;
    this.#exports.initialize();
  }

  /** Bytes of memory the instance holds; it never gives any back. */
  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  /**
   * Parses a text without NUL.
   * @throws SqlError `sql/parser-failed` when the parser broke down (too deep a tree, no memory)
   */
  parse(sql: string): Parsed {
    try {
      return this.#run(this.#encoder.encode(sql));
    } catch (error) {
      throw new SqlError('sql/parser-failed', 'the parser broke down', error);
    }
  }

  #run(text: Uint8Array): Parsed {
    const { allocate, free, parse, freeResult } = this.#exports;
    const input = allocate(text.length + 1);
    const bytes = this.#bytes();
    bytes.set(text, input);
    bytes[input + text.length] = 0;
    const result = parse(input);
    // Four pointers and numbers: tree, messages, error; an error begins with its message.
    const error = this.#word(result + 8);
    const answer: Parsed =
      error === 0 ? { tree: this.#text(this.#word(result)) } : { refusal: this.#text(this.#word(error)) };
    free(input);
    freeResult(result);
    return answer;
  }

  #bytes(): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer);
  }

  #word(at: number): number {
    return new DataView(this.#exports.memory.buffer).getUint32(at, true);
  }

  #text(at: number): string {
    const bytes = this.#bytes();
    return this.#decoder.decode(bytes.subarray(at, bytes.indexOf(0, at)));
  }
}

function imports(exports: () => Exports): Record<string, (...values: number[]) => unknown> {
  const refuse = (): never => {
    throw new SqlError('sql/parser-failed', 'the parser gave up');
  };
  // It has no files, no timer and no exit; output it wants to write is dropped, whatever the descriptor.
  const functions: Record<string, (...values: number[]) => unknown> = {
    c: refuse,
    m: refuse,
    o: () => 0,
    p: () => {
      throw new LongJump();
    },
    q: (bytes = 0) => grow(exports(), bytes >>> 0),
    r: refuse,
    s: refuse,
    t: (...values) => drop(exports(), values),
    u: () => 0,
    v: refuse,
    w: () => undefined,
    x: refuse,
  };
  for (const name of INVOKES) functions[name] = invoke(exports, name === 'l' ? 0n : undefined);
  return functions;
}

/** Calls through the table; a longjmp unwinds to here and is reported to the C code that called setjmp. */
function invoke(exports: () => Exports, none: bigint | undefined): (...values: number[]) => unknown {
  return (index = 0, ...values) => {
    const { table, currentStack, restoreStack, setThrew } = exports();
    const stack = currentStack();
    try {
      return table.get(index)(...values);
    } catch (error) {
      restoreStack(stack);
      if (!(error instanceof LongJump)) throw error;
      setThrew(1, 0);
      return none;
    }
  };
}

function grow({ memory }: Exports, bytes: number): number {
  if (bytes > MEMORY_BYTES_MAX) return 0;
  const pages = Math.ceil((bytes - memory.buffer.byteLength) / PAGE_BYTES);
  try {
    memory.grow(pages);
    return 1;
  } catch (error) {
    // Only the memory's own refusal is an answer to the C code.
    if (error instanceof RangeError) return 0;
    throw error;
  }
}

function drop({ memory }: Exports, [, vectors = 0, count = 0, written = 0]: readonly number[]): number {
  const view = new DataView(memory.buffer);
  let total = 0;
  for (let at = 0; at < count; at += 1) total += view.getUint32(vectors + 8 * at + 4, true);
  view.setUint32(written, total, true);
  return 0;
}
