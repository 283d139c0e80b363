import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  SqlError,
  allHazards,
  classify,
  classifyTexts,
  prepareClassifier,
  provideParser,
} from '@countersign/sql';
import { provide } from './postgres-engine.ts';
import { Parser, compileParser } from '../src/postgres/wasm.ts';

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof SqlError) return error.code;
    throw error;
  }
  return 'none';
}

test('without a parser nothing is known, and saying so is an error only when asked to prepare', () => {
  const facts = classify('SELECT 1', 'postgres');
  expect([facts.readOnly, facts.effect, allHazards(facts)]).toEqual([
    false,
    'unknown',
    ['dialect-not-prepared'],
  ]);
  expect(
    codeOf(() => {
      prepareClassifier(['postgres']);
    }),
  ).toBe('sql/no-parser');
  prepareClassifier(['sqlite']);
  provideParser(() => new Uint8Array([1, 2, 3]));
  expect(
    codeOf(() => {
      prepareClassifier(['postgres']);
    }),
  ).toBe('sql/parser-malformed');
  provide();
  prepareClassifier(['postgres']);
  expect(classify('SELECT 1', 'postgres').readOnly).toBe(true);
});

test('the loader knows the names that the package brings along', () => {
  const glue = readFileSync(new URL(import.meta.resolve('libpg-query/wasm/libpg-query.js')), 'utf8');
  const module = readFileSync(new URL(import.meta.resolve('libpg-query/wasm/libpg-query.wasm')));
  const empty = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  expect(codeOf(() => compileParser(empty))).toBe('sql/parser-malformed');
  for (const [name, short] of [
    ['_malloc', 'C'],
    ['_free', 'E'],
    ['_wasm_parse_query_raw', 'F'],
    ['_wasm_free_parse_result', 'G'],
  ]) {
    expect(glue).toContain(`Module["${name ?? ''}"]=wasmExports["${short ?? ''}"]`);
  }
  expect(glue).toContain(
    '_setThrew=wasmExports["P"];__emscripten_stack_restore=wasmExports["Q"];_emscripten_stack_get_current=wasmExports["R"]',
  );
  expect(glue).toContain(
    'wasmImports={c:___assert_fail,x:__abort_js,w:__emscripten_runtime_keepalive_clear,p:__emscripten_throw_longjmp,o:__setitimer_js,q:_emscripten_resize_heap,m:_exit,u:_fd_close,r:_fd_read,s:_fd_seek,t:_fd_write,g:invoke_i,b:invoke_ii,a:invoke_iii,d:invoke_iiii,k:invoke_iiiii,l:invoke_ji,e:invoke_v,f:invoke_vi,h:invoke_vii,j:invoke_viii,i:invoke_viiii,y:invoke_viiiii,n:invoke_viiiiiiiiiiiii,v:_proc_exit}',
  );
  const parser = new Parser(compileParser(new Uint8Array(module)));
  expect(codeOf(() => parser.parse(`SELECT 1${'+1'.repeat(50_000)}`))).toBe('sql/parser-failed');
});

const BOMBS: readonly (readonly [string, string, string])[] = [
  ['parentheses', `SELECT ${'('.repeat(5000)}1${')'.repeat(5000)}`, 'text-too-deep'],
  ['operators', `SELECT 1${'+1'.repeat(5000)}`, 'text-too-deep'],
  ['casts', `SELECT 1${'::int'.repeat(5000)}`, 'text-too-deep'],
  ['NOT', `SELECT ${'NOT '.repeat(5000)}true`, 'text-too-deep'],
  ['CASE', `SELECT ${'CASE WHEN true THEN '.repeat(2000)}1${' END'.repeat(2000)}`, 'text-too-deep'],
  ['subscripts', `SELECT a${'[1]'.repeat(5000)} FROM t`, 'text-too-deep'],
  ['statements', 'SELECT 1;'.repeat(10_000), 'too-many-statements'],
  ['a million bytes', `SELECT '${'x'.repeat(1_000_000)}'`, 'text-too-long'],
  ['comments', '/*'.repeat(100_000), 'unterminated-comment'],
];

test.each(BOMBS)('%s are refused in bounded time', (_name, sql, code) => {
  provide();
  prepareClassifier(['postgres']);
  const before = performance.now();
  const facts = classify(sql, 'postgres');
  expect(performance.now() - before).toBeLessThan(1000);
  expect([facts.readOnly, facts.effect, allHazards(facts)]).toEqual([false, 'unknown', [code]]);
  expect(classify('SELECT 1', 'postgres').readOnly).toBe(true);
});

test('deep trees without many operators are refused too', () => {
  provide();
  const sql = `SELECT 1${' UNION SELECT 1'.repeat(990)}`;
  for (const text of [sql, `SELECT * FROM t${' JOIN t ON true'.repeat(900)}`]) {
    const facts = classify(text, 'postgres');
    expect(facts.readOnly || facts.effect === 'unknown').toBe(true);
  }
});

test('backslashes are not read when they may escape in plain quotes', () => {
  provide();
  const catalog = { tables: new Map(), triggers: [], standardConformingStrings: false };
  expect(classify(String.raw`SELECT 'a\'`, 'postgres', catalog).parsed).toBe(false);
  expect(classify("SELECT 'a'", 'postgres', catalog).readOnly).toBe(true);
});

test('names are looked for along the path, and what a text changes holds for the texts after it', () => {
  provide();
  const catalog = { tables: new Map(), triggers: [], partial: true, searchPath: ['sales', 'public'] };
  expect(classify('SELECT * FROM items', 'postgres', catalog).statements[0]?.reads).toEqual(['sales.items']);
  const facts = classifyTexts(
    ['CREATE FUNCTION lower(int) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$', 'SELECT lower(1)'],
    'postgres',
  );
  expect(facts.statements.map(({ effects }) => effects.at(-1))).toEqual(['ddl', 'unknown']);
});
