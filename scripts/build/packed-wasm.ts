import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';
import { deflateSync } from 'fflate';

/**
 * Makes the bytes of a WebAssembly module a text in base64, deflated: every start reads the whole file. It is done by JavaScript, because
 * zlib's output differs between machines.
 */
export function packedWasm(): Plugin {
  return {
    name: 'packed-wasm',
    setup(esbuild): void {
      esbuild.onLoad({ filter: /\.wasm$/ }, ({ path }) => ({
        contents: deflateSync(readFileSync(path), { level: 9 }),
        loader: 'base64',
      }));
    },
  };
}
