import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { BROWSER_BUILD } from './browser-build.ts';
import { deflateSync } from 'fflate';

const WORKER = 'packages/camera/src/worker.ts';
const WASM = 'node_modules/zxing-wasm/dist/reader/zxing_reader.wasm';

/** The reader of codes as elements of a page, for the `openEmbeddedReader` of packages/camera. */
export interface ReaderElements {
  readonly html: string;
  /** The files of the tree that went into them, relative to the root. */
  readonly inputs: readonly string[];
}

/**
 * Returns the reader of codes of the tree under `root`: the worker's script and its WebAssembly, in elements that a
 * browser does not run. The bytes depend on the sources and the locked packages alone.
 * @throws Error when the script holds what would end its element
 */
export async function readerElements(root: string): Promise<ReaderElements> {
  const { outputFiles, metafile } = await build({
    ...BROWSER_BUILD,
    absWorkingDir: root,
    entryPoints: [WORKER],
    outfile: 'worker.js',
    // Nothing in a page may reach a network: the loader of the WebAssembly is handed its bytes and needs neither.
    define: { fetch: 'undefined', XMLHttpRequest: 'undefined' },
  });
  const script = outputFiles[0]?.text ?? '';
  const bad = /<\/script|<!--/iu.exec(script);
  if (script === '' || bad !== null)
    throw new Error(`the reader's script is empty or holds ${String(bad?.[0])}`);
  // By JavaScript: zlib's output differs between machines.
  const wasm = Buffer.from(deflateSync(readFileSync(join(root, WASM)), { level: 9 })).toString('base64');
  const html = [element('countersign-reader-script', script), element('countersign-reader-wasm', wasm)].join(
    '\n',
  );
  return { html, inputs: [...Object.keys(metafile.inputs), WASM] };
}

function element(id: string, text: string): string {
  return `<script type="text/plain" id="${id}">${text}</script>`;
}
