import { channels } from './channels.ts';
import { codeBytes, version } from './codecs.ts';
import { measureDecoders } from './decoders.ts';
import { measureDecoding } from './decode.ts';
import { unmet, unmetDecoding, unmetSpeed } from './demands.ts';
import { measureNeeded, payloads, type Needed } from './codes-needed.ts';
import type { Screen } from './film.ts';
import { formatMachine } from '../report.ts';
import { measurePaces, paceBytes, paceRates, type Paced } from './paces.ts';
import { measureStanding, standingVersions, type Standing } from './standing.ts';
import { measureThroughput, type Carried } from './throughput.ts';

const usage = `usage: node --expose-gc bench/optical/run.ts [codes] [decoders] [standing] [paces] [browser]

  codes     codes shown until a message is whole, beside other frames (about a minute)
  decoders  what readers of codes make of the pictures of a modelled camera (about two minutes)
  standing  how often one code that stands still is read in such pictures, by its QR version (about three minutes)
  paces     how long 5 KB take with one code at a time, by version, rate and what shows it (about ten minutes)
  browser   bytes a second through Chromium, whose camera plays such pictures (about seven minutes)

All five by default. Ends with exit code 1 when a demand is not met.
`;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function table(needed: readonly Needed[], bytes: number): string {
  const own = needed.filter((one) => one.bytes === bytes);
  const names = [...new Set(own.map(({ codec }) => codec))];
  const head = `| ${bytes / 1000} KB | parts | ${channels.map(({ name }) => name).join(' | ')} |`;
  const rows = names.map((name) => {
    const cells = own.filter(({ codec }) => codec === name);
    const shown = cells.map((cell) => (cell.shown === undefined ? 'not whole' : cell.shown.toFixed(1)));
    return `| ${name} | ${cells[0]?.parts ?? 0} | ${shown.join(' | ')} |`;
  });
  return [head, `|---|--:|${channels.map(() => '--:').join('|')}|`, ...rows].join('\n');
}

function codes(): readonly string[] {
  const needed = measureNeeded();
  say(`Codes shown until the message is whole; QR version ${version}-L, ${codeBytes} bytes a code\n`);
  for (const bytes of payloads) say(`${table(needed, bytes)}\n`);
  say('200 KB put together: processor time in all, memory as a multiple of the message\n');
  const decodings = measureDecoding();
  for (const { frames, cpuMs, memory } of decodings) {
    say(`| ${frames} | ${cpuMs.toFixed(0)} ms | ${memory.toFixed(1)} |`);
  }
  return [...unmet(needed), ...unmetDecoding(decodings, formatMachine())];
}

const screenText = ({ version: size, rate, codes: count }: Screen): string =>
  `${count} × version ${size}, ${rate}/s`;

async function decoders(): Promise<readonly string[]> {
  say('\nCodes read in the pictures of a camera of 1280 by 720 pixels\n');
  say('| conditions | screen | decoder | codes read | a picture |\n|---|---|---|--:|--:|');
  for (const { conditions, screen, decoder, share, pictureMs } of await measureDecoders()) {
    const read = `${(100 * share).toFixed(0)} %`;
    say(`| ${conditions} | ${screenText(screen)} | ${decoder} | ${read} | ${pictureMs.toFixed(0)} ms |`);
  }
  return [];
}

async function standing(): Promise<readonly string[]> {
  say('\nPictures in which one code that stands still was read, by its QR version: zxing-wasm, qr\n');
  say(
    `| conditions | ${standingVersions.join(' | ')} |\n|---|${standingVersions.map(() => '--:').join('|')}|`,
  );
  let row: Standing[] = [];
  for await (const one of measureStanding()) {
    row.push(one);
    if (row.length < 2 * standingVersions.length) continue;
    const cells = standingVersions.map((wanted) =>
      row
        .filter((cell) => cell.version === wanted)
        .map(({ share }) => `${(100 * share).toFixed(0)} %`)
        .join(', '),
    );
    say(`| ${one.conditions} | ${cells.join(' | ')} |`);
    row = [];
  }
  return [];
}

async function paces(): Promise<readonly string[]> {
  say(`\nSeconds until ${paceBytes / 1000} KB are whole, one code at a time, by codes a second\n`);
  say(`| shown by | conditions | version | ${paceRates.join(' | ')} |`);
  say(`|---|---|--:|${paceRates.map(() => '--:').join('|')}|`);
  let row: Paced[] = [];
  for await (const one of measurePaces()) {
    row.push(one);
    if (row.length < paceRates.length) continue;
    const cells = row.map(({ seconds }) => seconds?.toFixed(1) ?? 'not whole');
    say(`| ${one.medium} | ${one.conditions} | ${one.version} | ${cells.join(' | ')} |`);
    row = [];
  }
  return [];
}

async function browser(): Promise<readonly string[]> {
  say('\nThrough Chromium, from the first picture to the whole message; medians of 3\n');
  say('| payload | conditions | screen | time | bytes a second | of the limit |\n|--:|---|---|--:|--:|--:|');
  const all: Carried[] = [];
  for await (const carried of measureThroughput(3)) {
    all.push(carried);
    say(carriedRow(carried));
  }
  return unmetSpeed(all);
}

function carriedRow({ bytes, conditions, screen, elapsedMs, limitMs }: Carried): string {
  const cells = [`${bytes / 1000} KB`, conditions, screenText(screen)];
  if (elapsedMs === undefined) return `| ${[...cells, 'not whole', '', ''].join(' | ')} |`;
  const [seconds, speed] = [elapsedMs / 1000, bytes / elapsedMs];
  const share = `${((100 * limitMs) / elapsedMs).toFixed(0)} %`;
  return `| ${[...cells, `${seconds.toFixed(2)} s`, `${speed.toFixed(1)} KB/s`, share].join(' | ')} |`;
}

const parts = { codes, decoders, standing, paces, browser };
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  const misses: string[] = [];
  for (const [name, part] of Object.entries(parts)) {
    if (asked.length === 0 || asked.includes(name)) misses.push(...(await part()));
  }
  for (const miss of misses) say(`not met: ${miss}`);
  if (misses.length > 0) process.exitCode = 1;
}
