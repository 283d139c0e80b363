import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  drawFrame,
  drawPicture,
  encodeFrames,
  FrameAssembler,
  greyOf,
  type GreyPicture,
} from '@countersign/frames';
import { decodeBundle } from '@countersign/messages';
import { decodePng, openCodeReader } from '@countersign/program';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { documentOf, passphrase, type Stage } from '../../apps/approver/test/stage.ts';
import { openStage } from './approver/page-lab.ts';
import { startChromium } from './chromium.ts';
import { writeY4m } from './y4m.ts';

const ROOT = join(import.meta.dirname, '../..');
const pictures = process.env['COUNTERSIGN_PICTURES'];
const folder = mkdtempSync(join(tmpdir(), 'countersign-scan-'));
let stage: Stage;
let id = '';
let program: ChildProcess;
let url = '';
let browser: Browser | undefined;

beforeAll(async () => {
  stage = await openStage();
  await stage.approver('ada');
  id = await stage.request("UPDATE customers SET tier = 'gold' WHERE id < 9", 'request.csreq');
  const main = join(ROOT, 'apps/executor/src/main.ts');
  program = spawn(process.execPath, [main, 'scan', '--home', stage.path('online')], { cwd: stage.directory });
  url = await new Promise((resolve, reject) => {
    let said = '';
    program.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const found = /http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}\//u.exec(said);
      if (found !== null) resolve(found[0]);
    });
    program.once('exit', (code) => reject(new Error(`scan ended with ${String(code)}: ${said}`)));
  });
}, 120_000);

afterEach(async () => {
  await browser?.close();
  browser = undefined;
});

afterAll(() => {
  program.kill('SIGINT');
  stage.remove();
  rmSync(folder, { recursive: true });
});

interface Look {
  readonly width: number;
  readonly height: number;
  readonly colorScheme: 'light' | 'dark';
  readonly reducedMotion?: 'reduce';
}

async function openPage(
  film?: string,
  look: Look = { width: 1280, height: 900, colorScheme: 'light' },
): Promise<Page> {
  browser ??= await startChromium(film);
  const { width, height, ...media } = look;
  const page = await browser.newPage({ viewport: { width, height }, ...media });
  page.on('pageerror', (error) => {
    throw error;
  });
  await page.goto(url);
  await page.waitForSelector(`option[value="${id}"]`, { state: 'attached' });
  return page;
}

async function photograph(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

test('the request on the screen is read from pictures of it', async () => {
  const reader = await openCodeReader();
  const assembler = new FrameAssembler();
  const page = await openPage();
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.waitForSelector('.stage.on');
  for (let shots = 0; assembler.message() === undefined && shots < 60; shots++) {
    const { rgba, width, height } = decodePng(await page.locator('canvas').screenshot());
    for (const { content } of reader.read(greyOf({ rgba, width, height }), 'moving')) {
      if (content !== undefined) assembler.add(content);
    }
  }
  const bundle = decodeBundle(assembler.message() ?? new Uint8Array());
  const exported = decodeBundle(readFileSync(stage.path('request.csreq')));
  expect(bundle.request).toEqual(exported.request);
  await page.getByLabel('Choose by itself').uncheck();
  await page.getByLabel('Density').fill('10');
  await page.getByLabel('Two codes').uncheck();
  await page.getByText(/density 10/u).waitFor();
  await photograph(page, 'show-light-large');
}, 120_000);

test.each([
  { width: 1600, height: 1000, colorScheme: 'dark' },
  { width: 390, height: 780, colorScheme: 'light' },
  { width: 390, height: 780, colorScheme: 'dark' },
] as const)(
  'the page fits a window of $width in $colorScheme',
  async (look) => {
    const page = await openPage(undefined, look);
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.waitForSelector('.stage.on');
    const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    await photograph(page, `page-${look.colorScheme}-${look.width}`);
  },
  60_000,
);

test('the full screen keeps its controls, and leads out of itself', async () => {
  const page = await openPage();
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.getByRole('button', { name: 'Full screen' }).click();
  await page.waitForFunction('document.fullscreenElement !== null');
  await page.getByLabel('Choose by itself').uncheck();
  await page.getByLabel('Density').fill('10');
  await page.getByText(/density 10/u).waitFor();
  const parts = ['canvas', '.bar'].map((part) => page.locator(part).boundingBox());
  const [codes, bar] = await Promise.all(parts);
  const screen = await page.evaluate<number>('window.innerHeight');
  expect(codes?.height).toBeGreaterThan(screen / 2);
  expect((bar?.y ?? 0) + (bar?.height ?? screen)).toBeLessThanOrEqual(screen + 1);
  await photograph(page, 'full-screen');
  await page.getByRole('button', { name: 'Leave the full screen' }).click();
  await page.waitForFunction('document.fullscreenElement === null');
}, 60_000);

test('where no motion is wanted the codes stand still until they are told to go on', async () => {
  const page = await openPage(undefined, {
    width: 1280,
    height: 900,
    colorScheme: 'light',
    reducedMotion: 'reduce',
  });
  const canvas = page.locator('canvas');
  const changes = async (): Promise<boolean> => {
    const before = await canvas.screenshot();
    await new Promise((resolve) => setTimeout(resolve, 700));
    return !before.equals(await canvas.screenshot());
  };
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.getByLabel('Choose by itself').uncheck();
  await page.getByLabel('Density').fill('10');
  await page
    .getByText(/^Any \d+ different codes hold it all; 2 at once, 15 times a second, density 10/u)
    .waitFor();
  expect(await changes()).toBe(false);
  await page.getByRole('button', { name: 'Go on' }).click();
  expect(await changes()).toBe(true);
  await page.getByRole('button', { name: 'Stand still' }).click();
  expect(await changes()).toBe(false);
}, 60_000);

/** Puts a code in the middle of a grey desk. */
function desk(code: GreyPicture): GreyPicture {
  const [width, height] = [1280, 720];
  const levels = new Uint8Array(width * height).fill(90);
  const [left, top] = [Math.floor((width - code.width) / 2), Math.floor((height - code.height) / 2)];
  for (let y = 0; y < code.height; y++) {
    levels.set(code.levels.subarray(y * code.width, (y + 1) * code.width), (y + top) * width + left);
  }
  return { levels, width, height };
}

test('a decision is read by the camera and counted; what is none is refused in words', async () => {
  const signed = await stage.offline(
    ['approve', stage.path('request.csreq'), '--out', stage.path('a.csdec'), '--max-rows', '9', '--json'],
    { home: 'ada', passphrase },
  );
  expect(documentOf(signed)).toMatchObject({ code: 'decision/signed' });
  const source = encodeFrames(new Uint8Array(readFileSync(stage.path('a.csdec'))), { frameBytesMax: 520 });
  const film = join(folder, 'decision.y4m');
  // In turn with the codes of another message, as where a second screen is in the picture; it has more than are shown.
  const other = encodeFrames(randomBytes(8900), { frameBytesMax: 520 });
  const frames = Array.from({ length: 60 }, (_, index) => {
    const turn = Math.floor(index / 5);
    const shown = turn % 2 === 0 ? source.frame(turn / 2) : other.frame(turn);
    return desk(greyOf(drawPicture(drawFrame(shown), { scale: 7 })));
  });
  writeY4m(film, 30, frames);
  const page = await openPage(film);
  await page.getByRole('button', { name: 'Start the camera' }).click();
  await page.waitForSelector('.results li', { timeout: 30_000 });
  expect(await page.locator('.results li').first().innerText()).toBe(
    `Counted: approve on ${id.slice(0, 8)}.`,
  );
  await page.getByText(/^2 messages are in sight\./u).waitFor();
  expect(await page.locator('.stream').count()).toBe(2);
  expect(await page.locator('.streams').innerText()).toMatch(/: \d of 18 codes; missing/u);
  await photograph(page, 'read-light');
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.locator('input[type=file]').setInputFiles(stage.path('a.csdec'));
  await page.locator('.results li').nth(1).waitFor();
  expect(await page.locator('.results li').first().innerText()).toMatch(/^Known already/u);
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'x.csdec', mimeType: '', buffer: Buffer.from([0x84, 1]) });
  await page.waitForSelector('.notice:not(:empty)');
  expect(await page.locator('.notice').innerText()).toMatch(/\[(?:cbor|schema)\//u);
}, 120_000);

test('without a camera the page says so and files still go', async () => {
  const page = await openPage();
  await page.getByRole('button', { name: 'Start the camera' }).click();
  await page.getByText(/Use the files below instead/u).waitFor();
  await photograph(page, 'no-camera');
}, 60_000);
