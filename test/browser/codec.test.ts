import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readVectors } from '../../packages/codec/test/vectors.ts';
import type { CodecPage } from './codec-page.ts';

const executablePath = '/usr/bin/chromium';
const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
declare const codecPage: CodecPage;

let directory: string | undefined;
let browser: Browser | undefined;
let page: Page;

// The page is a local file, as the approver page is: WebCrypto must be there without a server.
beforeAll(async () => {
  if (!existsSync(executablePath)) {
    throw new Error(
      `no Chromium at ${executablePath}: install the package "chromium" to run the browser tests`,
    );
  }
  const entry = fileURLToPath(new URL('codec-page.ts', import.meta.url));
  const bundle = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'es2024',
  });
  directory = await mkdtemp(join(tmpdir(), 'codec-page-'));
  const file = join(directory, 'page.html');
  const script = bundle.outputFiles[0]?.text.replaceAll('</script', '<\\/script') ?? '';
  await writeFile(file, `<!doctype html><meta charset="utf-8"><script>${script}</script>`);
  browser = await chromium.launch({ executablePath, args });
  page = await browser.newPage();
  await page.goto(pathToFileURL(file).href);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  if (directory !== undefined) await rm(directory, { recursive: true });
});

test('Chromium reads every CBOR vector to the same bytes or the same refusal', async () => {
  const vectors = [...readVectors('rfc8949'), ...readVectors('accepted'), ...readVectors('refused')];
  const answers = await page.evaluate(
    (inputs) => codecPage.readAll(inputs),
    vectors.map(({ hex }) => hex),
  );
  expect(answers.length).toBe(252);
  vectors.forEach((vector, i) => {
    if (vector.code === undefined)
      expect([vector.name, answers[i]]).toEqual([vector.name, { hex: vector.hex }]);
    else expect([vector.name, answers[i]?.code]).toEqual([vector.name, vector.code]);
    if (vector.offset !== undefined)
      expect([vector.name, answers[i]?.offset]).toEqual([vector.name, vector.offset]);
  });
});

test('Chromium gives every signature the verdict of the rule, by WebCrypto and by noble', async () => {
  const vectors = [
    ...readVectors('ed25519-rfc8032'),
    ...readVectors('ed25519-speccheck'),
    ...readVectors('ed25519-edges'),
  ];
  const answers = await page.evaluate((given) => codecPage.verifyAll(given), vectors);
  expect(answers.length).toBe(184);
  vectors.forEach((vector, i) => {
    const expected = vector.code ?? 'accepted';
    expect([vector.name, answers[i]]).toEqual([vector.name, { noble: expected, subtle: expected }]);
  });
}, 60_000);
