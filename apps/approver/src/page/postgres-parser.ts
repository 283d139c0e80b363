import { fromBase64 } from '@countersign/codec';
import { inflateSync } from 'fflate';
import deflated from 'libpg-query/wasm/libpg-query.wasm';

/** Returns the bytes of PostgreSQL's parser, for the `provideParser` of packages/sql. */
export function postgresParser(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(inflateSync(fromBase64(deflated)));
}
