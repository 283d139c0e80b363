import { readFileSync } from 'node:fs';

/**
 * Returns the bytes of the reader of QR codes, for the `openZxingReader` of packages/frames. The build puts them into
 * the program itself in place of this file, so that one file is enough on a machine that has nothing else.
 */
export function codeReaderWasm(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(import.meta.resolve('zxing-wasm/reader/zxing_reader.wasm'))));
}
