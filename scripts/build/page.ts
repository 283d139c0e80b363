import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { documentTexts } from '../../apps/approver/src/page/catalogue/document.ts';
import { BROWSER_BUILD, hashSource } from './browser-build.ts';
import { packedWasm } from './packed-wasm.ts';
import type { Built } from './built.ts';
import { readerElements } from './reader-elements.ts';

const NAME = 'approver.html';
const ENTRY = 'apps/approver/src/page/main.ts';
/** The page's style, in the order in which later rules overrule earlier ones. */
const STYLES = ['base', 'frame', 'controls', 'review', 'statement', 'rows', 'decision', 'narrow'].map(
  (name) => `apps/approver/src/page/style/${name}.css`,
);
/** What may go into the page: files of the registry one by one, our own rooms by their folders. */
const INPUTS = join(import.meta.dirname, 'page-inputs.txt');

/**
 * Builds the approver's page of the tree under `root` into `folder`: one file with script and style inside, not minified, without a
 * source map. The bytes depend on the sources and the locked packages alone.
 * @throws Error when anything goes in that the committed list does not name, or what is inlined could end its element
 */
export async function bundlePage(root: string, folder: string): Promise<Built> {
  const { outputFiles, metafile } = await build({
    ...BROWSER_BUILD,
    absWorkingDir: root,
    entryPoints: [ENTRY],
    outfile: `dist/${NAME}`,
    plugins: [packedWasm()],
  });
  const script = outputFiles[0]?.text;
  if (script === undefined) throw new Error(`nothing was built for ${NAME}`);
  const reader = await readerElements(root);
  const inputs = [...Object.keys(metafile.inputs), ...STYLES, ...reader.inputs];
  requireListed(inputs, readFileSync(INPUTS, 'utf8'));
  refuseModules(metafile);
  const style = STYLES.map((path) => readFileSync(join(root, path), 'utf8')).join('\n');
  const bytes = Buffer.from(pageText(script, style, reader.html));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, NAME), bytes);
  return { name: NAME, sha256: createHash('sha256').update(bytes).digest('hex'), inputs };
}

/**
 * Returns the page. It stands exactly as a browser writes it out again while the script runs, so that the page can compute the hash of
 * its own file; `data` are elements that are not run. @throws Error when script or style hold what ends or hides them
 */
export function pageText(script: string, style: string, data: string): string {
  const [ownScript, ownStyle] = [inlined('script', `\n${script}`), inlined('style', `\n${style}`)];
  const policy = [
    "default-src 'none'",
    `script-src '${hashSource(ownScript)}' 'wasm-unsafe-eval'`,
    `style-src '${hashSource(ownStyle)}'`,
    "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    'worker-src blob:',
    'trusted-types countersign-reader',
  ].join('; ');
  return [
    '<!DOCTYPE html>',
    '<html lang="en"><head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${documentTexts.title}</title>`,
    `<style>${ownStyle}</style>`,
    data,
    '</head><body>',
    `<noscript>${documentTexts.noScript}</noscript>`,
    `<script>${ownScript}</script></body></html>`,
    '',
  ].join('\n');
}

function inlined(element: 'script' | 'style', content: string): string {
  const bad = /<\/(?:script|style)|<!--|\r|\0/iu.exec(content);
  if (bad !== null)
    throw new Error(
      `the ${element} of the page would hold ${JSON.stringify(bad[0])}, which ends or changes it`,
    );
  return content;
}

/** Compares what went in with the committed list, both ways. @throws Error naming what differs */
export function requireListed(inputs: readonly string[], list: string): void {
  const listed = new Set(list.split('\n').filter((line) => line !== '' && !line.startsWith('#')));
  const found = new Set(inputs.map(inputName));
  const more = [...found].filter((name) => !listed.has(name)).toSorted();
  const fewer = [...listed].filter((name) => !found.has(name)).toSorted();
  if (more.length + fewer.length === 0) return;
  const lines = [...more.map((name) => `+ ${name}`), ...fewer.map((name) => `- ${name}`)];
  throw new Error(
    `what goes into the page is not what scripts/build/page-inputs.txt lists:\n${lines.join('\n')}`,
  );
}

function inputName(path: string): string {
  if (path.startsWith('node_modules/')) return path;
  return /^(?:packages\/[^/]+\/src|apps\/[^/]+\/src\/[^/]+)\//u.exec(path)?.[0] ?? path;
}

/** The page is one file: nothing may be left to import when it runs. */
function refuseModules(metafile: Metafile): void {
  for (const { imports } of Object.values(metafile.outputs)) {
    const [first] = imports;
    if (first !== undefined)
      throw new Error(`${NAME} would import ${first.path}, and it has nothing beside it`);
  }
}
