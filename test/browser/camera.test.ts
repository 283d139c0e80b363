import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  drawFrame,
  drawPicture,
  encodeFrames,
  encodeGif,
  greyOf,
  type GreyPicture,
} from '@countersign/frames';
import { encodePng } from '@countersign/program';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { makeRandom, randomBytes } from '../../packages/frames/test/random.ts';
import { readerElements } from '../../scripts/build/reader-elements.ts';
import type { CameraPage } from './camera-answers.ts';
import { startChromium } from './chromium.ts';
import { writeY4m } from './y4m.ts';

declare const cameraPage: CameraPage;

const ROOT = join(import.meta.dirname, '../..');
const random = makeRandom(41);
const folder = mkdtempSync(join(tmpdir(), 'camera-page-'));
let browser: Browser | undefined;
let script = '';
let elements = '';

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'camera-page.ts')],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'es2024',
  });
  script = outputFiles[0]?.text ?? '';
  elements = (await readerElements(ROOT)).html;
  return () => {
    rmSync(folder, { recursive: true });
  };
}, 60_000);

afterEach(async () => {
  await browser?.close();
  browser = undefined;
});

/** Opens a page of one file under this policy, besides what its own script needs. */
async function openPage(policy: string, film?: string): Promise<Page> {
  const hash = createHash('sha256').update(script).digest('base64');
  const content = `default-src 'none'; script-src 'sha256-${hash}' ${policy}`;
  const file = join(folder, 'page.html');
  const head = `<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${content}">`;
  writeFileSync(file, `<!doctype html>${head}<body>${elements}<script>${script}</script>`);
  browser = await startChromium(film);
  const page = await browser.newPage();
  await page.goto(pathToFileURL(file).href);
  return page;
}

const strict = [
  "'wasm-unsafe-eval'",
  'worker-src blob:',
  "connect-src 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types countersign-reader',
].join('; ');
const withoutWorker =
  "'wasm-unsafe-eval'; worker-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const withoutWasm = "worker-src blob:; require-trusted-types-for 'script'; trusted-types countersign-reader";

/** Puts a code on a grey desk of 1280 by 720 pixels. */
function desk(code: GreyPicture, left: number, top: number): GreyPicture {
  const [width, height] = [1280, 720];
  const levels = new Uint8Array(width * height).fill(90);
  for (let y = 0; y < code.height; y++) {
    levels.set(code.levels.subarray(y * code.width, (y + 1) * code.width), (y + top) * width + left);
  }
  return { levels, width, height };
}

const codePicture = (frame: Uint8Array, scale: number): GreyPicture =>
  greyOf(drawPicture(drawFrame(frame), { scale }));

test('a page reads a message from its camera in a worker, under the strictest policy', async () => {
  const message = randomBytes(random, 6000);
  const source = encodeFrames(message, { frameBytesMax: 858 });
  const film = join(folder, 'film.y4m');
  const pictures = Array.from({ length: 30 }, (_, index) =>
    desk(codePicture(source.frame(Math.floor(index / 3)), 6), 300, 20),
  );
  writeY4m(film, 30, pictures);
  const page = await openPage(strict, film);
  await page.evaluate(() => cameraPage.start());
  await page.waitForFunction(() => cameraPage.seen().messages.length > 0, undefined, { timeout: 30_000 });
  const seen = await page.evaluate(() => cameraPage.seen());
  expect(seen.reader).toMatch(/WorkerReader zxing/u);
  expect(seen.messages).toEqual([[...message]]);
  expect(seen.views).toContain('read');
  expect(seen.failed).toBeUndefined();
  await page.evaluate(() => cameraPage.stop());
}, 90_000);

test('a page whose policy refuses WebAssembly reads a message with the plain reader, in a worker', async () => {
  const message = randomBytes(random, 2000);
  const source = encodeFrames(message, { frameBytesMax: 858 });
  const film = join(folder, 'plain.y4m');
  const pictures = Array.from({ length: 30 }, (_, index) =>
    desk(codePicture(source.frame(Math.floor(index / 10)), 6), 300, 20),
  );
  writeY4m(film, 30, pictures);
  const page = await openPage(withoutWasm, film);
  await page.evaluate(() => cameraPage.start());
  await page.waitForFunction(() => cameraPage.seen().messages.length > 0, undefined, { timeout: 60_000 });
  const seen = await page.evaluate(() => cameraPage.seen());
  expect(seen.reader).toMatch(/WorkerReader plain/u);
  expect(seen.messages).toEqual([[...message]]);
  expect(seen.failed).toBeUndefined();
}, 120_000);

test('a page without a worker reads in its own thread', async () => {
  const message = randomBytes(random, 500);
  const film = join(folder, 'still.y4m');
  writeY4m(film, 30, [desk(codePicture(encodeFrames(message).frame(0), 6), 200, 10)]);
  const page = await openPage(withoutWorker, film);
  await page.evaluate(() => cameraPage.start());
  await page.waitForFunction(() => cameraPage.seen().messages.length > 0, undefined, { timeout: 30_000 });
  const seen = await page.evaluate(() => cameraPage.seen());
  expect(seen.reader).toMatch(/LocalReader zxing/u);
  expect(seen.messages).toEqual([[...message]]);
}, 90_000);

test('a page says what a camera in the dark sees', async () => {
  const film = join(folder, 'dark.y4m');
  writeY4m(film, 30, [{ levels: new Uint8Array(640 * 480).fill(12), width: 640, height: 480 }]);
  const page = await openPage(strict, film);
  await page.evaluate(() => cameraPage.start());
  await page.waitForFunction(() => cameraPage.seen().reports > 2, undefined, { timeout: 30_000 });
  expect((await page.evaluate(() => cameraPage.seen())).advice).toEqual([
    'Too dark: turn up the screen or the light.',
  ]);
}, 90_000);

test('a page reads pictures and animations that are dropped on it, and refuses what is none', async () => {
  const message = randomBytes(random, 700);
  const source = encodeFrames(message, { frameBytesMax: 400 });
  const drawings = [0, 1, 2].map((index) => drawFrame(source.frame(index)));
  const page = await openPage(strict);
  const files = [encodeGif(drawings, { rate: 5 }), encodePng(drawFrame(encodeFrames(message).frame(0)))];
  for (const file of files) {
    expect(await page.evaluate((bytes) => cameraPage.readFile(bytes), [...file])).toEqual([[...message]]);
  }
  const refused = page.evaluate((bytes) => cameraPage.readFile(bytes), [...randomBytes(random, 300)]);
  await expect(refused).rejects.toThrow('no picture that this browser opens');
}, 90_000);
