import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { BROWSER_BUILD, hashSource } from './browser-build.ts';
import { readerElements } from './reader-elements.ts';

const ENTRY = 'apps/executor/src/page/main.ts';
const STYLE = 'apps/executor/src/page/style.css';

/** The executor's page as it is served: its HTML, and the policy by which a browser runs it. */
export interface BuiltScanPage {
  readonly html: string;
  readonly policy: string;
  /** The files of the tree that went into it, relative to the root. */
  readonly inputs: readonly string[];
}

/**
 * Returns the page that shows requests and reads decisions, of the tree under `root`. The bytes depend on the sources
 * and the locked packages alone.
 */
export async function buildScanPage(root: string): Promise<BuiltScanPage> {
  const { outputFiles, metafile } = await build({
    ...BROWSER_BUILD,
    absWorkingDir: root,
    entryPoints: [ENTRY],
    outfile: 'scan.js',
  });
  const script = `\n${outputFiles[0]?.text ?? ''}`;
  const style = `\n${readFileSync(join(root, STYLE), 'utf8')}`;
  const bad = /<\/(?:script|style)|<!--/iu.exec(script + style);
  if (bad !== null) throw new Error(`the page would hold ${bad[0]}, which ends its element`);
  const reader = await readerElements(root);
  const policy = [
    "default-src 'none'",
    `script-src '${hashSource(script)}' 'wasm-unsafe-eval'`,
    `style-src '${hashSource(style)}'`,
    "connect-src 'self'",
    'worker-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types countersign-reader',
  ].join('; ');
  return {
    html: pageText(script, style, reader.html),
    policy,
    inputs: [...Object.keys(metafile.inputs), STYLE, ...reader.inputs],
  };
}

function pageText(script: string, style: string, reader: string): string {
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<title>Countersign: carry across the gap</title>',
    `<style>${style}</style></head><body>`,
    '<noscript>This page needs JavaScript, which this browser has switched off.</noscript>',
    reader,
    `<script>${script}</script></body></html>`,
    '',
  ].join('\n');
}
