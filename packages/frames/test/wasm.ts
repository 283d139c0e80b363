import { readFileSync } from 'node:fs';

/** Returns the WebAssembly of the reader, as the package brings it. */
export function zxingWasm(): Uint8Array {
  return readFileSync(new URL(import.meta.resolve('zxing-wasm/reader/zxing_reader.wasm')));
}
