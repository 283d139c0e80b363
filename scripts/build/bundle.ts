import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { deflateSync } from 'fflate';
import { NETWORK_MODULES } from '../rooms/table.ts';
import type { Built } from './built.ts';
import { packedWasm } from './packed-wasm.ts';
import { bundlePage } from './page.ts';
import { buildScanPage } from './scan-page.ts';

/** One program: where it begins, and the file that users install. */
interface Program {
  readonly name: string;
  readonly entry: string;
  /** The program has no network: its bundle may name no module that reaches one. */
  readonly offline: boolean;
}

const PROGRAMS: readonly Program[] = [
  { name: 'countersign.mjs', entry: 'apps/executor/src/main.ts', offline: false },
  { name: 'countersign-approver.mjs', entry: 'apps/approver/src/main.ts', offline: true },
  { name: 'countersign-audit.mjs', entry: 'apps/auditor/src/main.ts', offline: true },
];

/** Stays outside the bundles: it holds compiled code for each platform. */
const NATIVE = ['better-sqlite3'];

/** CommonJS packages inside an ES module ask for Node's modules through `require`. */
const REQUIRE = [
  "import { createRequire as countersignCreateRequire } from 'node:module';",
  'const require = countersignCreateRequire(import.meta.url);',
].join('\n');

/**
 * Bundles the three programs and the approver's page of the tree under `root` into `folder`, with their hashes in SHA256SUMS. The bytes
 * depend on the sources and the locked packages alone: no clock, no path of this machine, no version control.
 */
export async function bundlePrograms(root: string, folder: string): Promise<Built[]> {
  mkdirSync(folder, { recursive: true });
  const built: Built[] = [];
  for (const program of PROGRAMS) built.push(await bundle(root, folder, program));
  built.push(await bundlePage(root, folder));
  const sums = built.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join('');
  writeFileSync(join(folder, 'SHA256SUMS'), sums);
  return built;
}

async function bundle(root: string, folder: string, { name, entry, offline }: Program): Promise<Built> {
  const pageInputs: string[] = [];
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: `dist/${name}`,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    banner: { js: REQUIRE },
    external: NATIVE,
    plugins: [nodePrefix(), bytesInside(), packedWasm(), scanPageInside(root, pageInputs)],
    legalComments: 'inline',
    charset: 'utf8',
    metafile: true,
    write: false,
    logLevel: 'silent',
    tsconfigRaw: { compilerOptions: { target: 'ES2024', verbatimModuleSyntax: true } },
  });
  const bytes = outputFiles[0]?.contents;
  if (bytes === undefined) throw new Error(`nothing was built for ${name}`);
  if (offline) refuseNetwork(name, metafile);
  writeFileSync(join(folder, name), bytes, { mode: 0o755 });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name, sha256, inputs: [...Object.keys(metafile.inputs), ...pageInputs] };
}

/** Writes `node:` before the names of Node's modules that packages import without. */
function nodePrefix(): Plugin {
  return {
    name: 'node-prefix',
    setup(esbuild): void {
      // The bundler's own pattern language has no flags.
      esbuild.onResolve({ filter: /^[a-z0-9_/]+$/ }, ({ path }) =>
        process.getBuiltinModule(`node:${path}`) === undefined
          ? undefined
          : { path: `node:${path}`, external: true },
      );
    },
  };
}

/** Files of packages/program that read WebAssembly from a package, what they export and what they read. */
const BYTES_INSIDE = [
  { file: 'postgres-parser.ts', name: 'postgresParser', wasm: 'libpg-query/wasm/libpg-query.wasm' },
  { file: 'code-reader-wasm.ts', name: 'codeReaderWasm', wasm: 'zxing-wasm/reader/zxing_reader.wasm' },
];

/**
 * Puts WebAssembly into the program, in place of the files that read it from packages.
 */
function bytesInside(): Plugin {
  return {
    name: 'bytes-inside',
    setup(esbuild): void {
      esbuild.onLoad({ filter: /\/packages\/program\/src\/[a-z-]+\.ts$/ }, ({ path }) => {
        const inside = BYTES_INSIDE.find(({ file }) => path.endsWith(`/${file}`));
        if (inside === undefined) return undefined;
        const { name, wasm } = inside;
        return {
          contents: [
            "import { inflateRawSync } from 'node:zlib';",
            `import text from '${wasm}';`,
            `export function ${name}() { return new Uint8Array(inflateRawSync(Buffer.from(text, 'base64'))); }`,
          ].join('\n'),
          loader: 'js',
          resolveDir: dirname(path),
        };
      });
    },
  };
}

/** Puts the executor's page into its program, in place of the file that bundles it from source; notes what went in. */
function scanPageInside(root: string, inputs: string[]): Plugin {
  return {
    name: 'scan-page-inside',
    setup(esbuild): void {
      esbuild.onLoad({ filter: /\/apps\/executor\/src\/scan\/page-file\.ts$/ }, async () => {
        const page = await buildScanPage(root);
        inputs.push(...page.inputs);
        const text = JSON.stringify({ html: page.html, policy: page.policy });
        const packed = Buffer.from(deflateSync(Buffer.from(text), { level: 9 })).toString('base64');
        return {
          contents: [
            "import { inflateRawSync } from 'node:zlib';",
            `const text = '${packed}';`,
            "export function scanPage() { return JSON.parse(inflateRawSync(Buffer.from(text, 'base64')).toString()); }",
          ].join('\n'),
          loader: 'js',
        };
      });
    },
  };
}

function refuseNetwork(name: string, metafile: Metafile): void {
  for (const { imports } of Object.values(metafile.outputs)) {
    for (const { path } of imports) {
      if (NETWORK_MODULES.includes(path.replace(/^node:/u, ''))) {
        throw new Error(`${name} would import ${path}, and it is a program without network`);
      }
    }
  }
}
