import type { ParseResult } from 'libpg-query';
import { SqlError } from '../error.ts';
import type { Tree } from './tree.ts';
import { Parser, compileParser } from './wasm.ts';
import type { ParserModule } from './wasm.ts';

/** Beyond this an instance is given up after its text: it never gives memory back. */
const MEMORY_BYTES_MAX = 268_435_456;

interface Held {
  source: (() => Uint8Array<ArrayBuffer>) | undefined;
  module: ParserModule | undefined;
  parser: Parser | undefined;
}

const held: Held = { source: undefined, module: undefined, parser: undefined };

/** Says where the bytes of PostgreSQL's parser come from; they are asked for when the first text is read. */
export function provideParser(source: () => Uint8Array<ArrayBuffer>): void {
  held.source = source;
  held.module = undefined;
  held.parser = undefined;
}

/** True when a parser was provided. */
export function hasParser(): boolean {
  return held.source !== undefined;
}

/**
 * Compiles the parser and makes it ready, so that the first text does not wait for it.
 * @throws SqlError `sql/no-parser` when none was provided, `sql/parser-malformed`
 */
export function warmParser(): void {
  parser();
}

function parser(): Parser {
  if (held.source === undefined) throw new SqlError('sql/no-parser', 'no parser of PostgreSQL was provided');
  held.module ??= compileParser(held.source());
  held.parser ??= new Parser(held.module);
  return held.parser;
}

/**
 * The statements of a text as the parser's trees, or undefined when it refuses the text or breaks down.
 * An instance that broke down is replaced, so that one text does no harm to the next.
 * @throws SqlError `sql/no-parser`, `sql/parser-malformed`
 */
export function parsePostgres(sql: string): readonly Tree[] | undefined {
  const ready = parser();
  try {
    const parsed = ready.parse(sql);
    if (ready.memoryBytes > MEMORY_BYTES_MAX) held.parser = undefined;
    if ('refusal' in parsed) return undefined;
    const { stmts } = JSON.parse(parsed.tree) as { stmts?: readonly Tree[] } & Pick<ParseResult, 'version'>;
    return stmts ?? [];
  } catch (error) {
    if (!(error instanceof SqlError) || error.code !== 'sql/parser-failed') throw error;
    held.parser = undefined;
    return undefined;
  }
}
