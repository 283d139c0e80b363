import { readFileSync } from 'node:fs';

/**
 * Returns the bytes of PostgreSQL's parser, for the `provideParser` of packages/sql. The build puts them into the
 * program itself in place of this file, so that one file is enough on a machine that has nothing else.
 */
export function postgresParser(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(import.meta.resolve('libpg-query/wasm/libpg-query.wasm'))));
}
