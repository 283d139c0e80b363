import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { equalBytes } from '@countersign/codec';
import { build } from 'esbuild';
import { readerElements } from '../../scripts/build/reader-elements.ts';
import { startChromium } from '../../test/browser/chromium.ts';
import { writeY4m } from '../../test/browser/y4m.ts';
import { seeded } from './channels.ts';
import { good, hard, type Conditions } from './camera-model.ts';
import { film, framesOf, type Scene, type Screen } from './film.ts';
import type { OpticalPage, Received } from './page-answers.ts';

declare const opticalPage: OpticalPage;

/** A message carried from a screen to a camera in the real browser. */
export interface Carried {
  readonly bytes: number;
  readonly screen: Screen;
  readonly conditions: string;
  /** From the first picture to the whole message, the median; undefined when a round did not end. */
  readonly elapsedMs: number | undefined;
  /** What the displayed codes alone take: as many changes of the screen as hold the message. */
  readonly limitMs: number;
  /** What the prototype of the design reached, in bytes a second, where it was measured. */
  readonly prototype: number | undefined;
}

interface Case {
  readonly bytes: number;
  readonly screen: Screen;
  readonly conditions: Conditions;
  readonly prototype?: number;
}

const one = (rate: number): Screen => ({ version: 25, rate, codes: 1 });
/** How the first stage of the plan shows it. */
const planned: Screen = { version: 25, rate: 15, codes: 2 };

/** What is carried, with the bytes a second that the prototype of the design reached. */
export const cases: readonly Case[] = [
  { bytes: 50_000, screen: one(10), conditions: good, prototype: 12_000 },
  { bytes: 50_000, screen: one(15), conditions: good, prototype: 18_000 },
  { bytes: 50_000, screen: one(20), conditions: good, prototype: 24_000 },
  { bytes: 50_000, screen: one(30), conditions: good, prototype: 36_000 },
  { bytes: 50_000, screen: { version: 25, rate: 20, codes: 2 }, conditions: good, prototype: 48_000 },
  { bytes: 50_000, screen: { version: 20, rate: 10, codes: 2 }, conditions: hard, prototype: 15_000 },
  ...[1000, 4000, 10_000, 50_000, 200_000].flatMap((bytes) =>
    [good, hard].map((conditions) => ({ bytes, screen: bytes < 1252 ? one(15) : planned, conditions })),
  ),
];

const root = join(import.meta.dirname, '../..');

/** Yields each case as it is measured, `rounds` times each. */
export async function* measureThroughput(rounds: number): AsyncGenerator<Carried, void, void> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-optical-'));
  try {
    const page = await writePage(folder);
    for (const one of cases) yield await carry(one, folder, page, rounds);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function carry(one: Case, folder: string, page: string, rounds: number): Promise<Carried> {
  const random = seeded(one.bytes);
  const message = Uint8Array.from({ length: one.bytes }, () => Math.floor(256 * random()));
  const scene: Scene = { ...one, message, seed: 11 };
  const { rate, codes } = one.screen;
  const turns = Math.ceil(framesOf(scene).minimumFrames / codes);
  const path = join(folder, 'film.y4m');
  // Long enough for a camera that loses a tenth of the codes in good conditions and every second one else; it begins again after that.
  const passes = one.conditions === good ? 1.1 : 2;
  writeY4m(path, 30, film(scene, 1 + (passes * turns) / rate));
  const times: (number | undefined)[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { message: arrived, elapsedMs } = await receive(page, path);
    if (arrived !== undefined && !equalBytes(Uint8Array.from(arrived), message)) {
      throw new Error('a message came out wrong');
    }
    times.push(arrived === undefined ? undefined : elapsedMs);
  }
  rmSync(path);
  return {
    bytes: one.bytes,
    screen: one.screen,
    conditions: one.conditions.name,
    elapsedMs: median(times),
    limitMs: (1000 * turns) / rate,
    prototype: one.prototype,
  };
}

function median(times: readonly (number | undefined)[]): number | undefined {
  const whole = times.filter((time) => time !== undefined).toSorted((a, b) => a - b);
  return whole.length === times.length ? whole[Math.floor(whole.length / 2)] : undefined;
}

async function receive(page: string, path: string): Promise<Received> {
  const browser = await startChromium(path);
  try {
    const tab = await browser.newPage();
    await tab.goto(pathToFileURL(page).href);
    return await tab.evaluate(() => opticalPage.receive());
  } finally {
    await browser.close();
  }
}

/** Writes the page as one file, with its script and the reader inside, as the approver's page has them. */
async function writePage(folder: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'page.ts')],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'es2024',
  });
  const script = outputFiles[0]?.text ?? '';
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = `default-src 'none'; worker-src blob:; script-src 'sha256-${hash}' 'wasm-unsafe-eval'`;
  const head = `<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">`;
  const { html } = await readerElements(root);
  const file = join(folder, 'page.html');
  writeFileSync(file, `<!doctype html>${head}<body>${html}<script>${script}</script>`);
  return file;
}
