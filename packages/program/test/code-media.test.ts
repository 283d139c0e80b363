import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FrameAssembler, plainReader } from '@countersign/frames';
import { describe, expect, test } from 'vitest';
import {
  codeStyleOf,
  ExitCode,
  Options,
  readCarried,
  runToExitCode,
  showCodes,
  writeCodes,
  type CodeStyle,
} from '../src/index.ts';
import { Kept, keptSurroundings } from './streams.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const message = Uint8Array.from({ length: 2500 }, (_byte, at) => (at * at * 31 + at * 7) >> 3);
const style: CodeStyle = { version: 20, rate: 30, light: false };
const none = { png: undefined, svg: undefined, gif: undefined };

describe('writeCodes', () => {
  test('writes pictures and an animation that are read back', async () => {
    const directory = temporaryDirectory();
    for (const kind of ['png', 'gif'] as const) {
      const written = writeCodes(message, { ...none, [kind]: join(directory, `request.${kind}`) }, style);
      const [carried] = await readCarried(written, { suffix: '.csreq', note: () => undefined });
      expect(carried?.bytes).toEqual(message);
    }
  });

  test('numbers what one picture cannot hold, and makes SVG of the same codes', () => {
    const directory = temporaryDirectory();
    const written = writeCodes(message, { ...none, svg: join(directory, 'request.svg') }, style);
    expect(written.map((path) => path.slice(directory.length + 1))).toEqual([
      'request-001.svg',
      'request-002.svg',
      'request-003.svg',
      'request-004.svg',
    ]);
    expect(readFileSync(written[0] ?? '', 'utf8').slice(0, 70)).toContain('viewBox="0 0 97 97"');
    const small = writeCodes(message.slice(0, 9), { ...none, svg: join(directory, 'small.svg') }, style);
    expect(small).toEqual([join(directory, 'small.svg')]);
  });

  test('makes no codes where none are asked for, however long the message is', () => {
    const long = Uint8Array.from({ length: 3_000_000 }, (_byte, at) => Math.imul(at, 2_654_435_761) >>> 13);
    expect(writeCodes(long, none, style)).toEqual([]);
  });

  test('is one code where one holds it all, unless the person chose smaller ones', async () => {
    const directory = temporaryDirectory();
    // What is longer than a code of version 25 and fits one of version 40.
    const path = join(directory, 'one.png');
    expect(writeCodes(message, { ...none, png: path }, { ...style, version: undefined })).toEqual([path]);
    const [carried] = await readCarried([path], { suffix: '.csreq', note: () => undefined });
    expect(carried?.bytes).toEqual(message);
    expect(writeCodes(message, { ...none, png: path }, { ...style, version: 25 }).length).toBe(3);
  });
});

test.each([
  ['density', '4'],
  ['density', '41'],
  ['density', '25.5'],
  ['density', 'large'],
  ['fps', '0'],
  ['fps', '31'],
  ['fps', 'fast'],
])('--%s %s is refused', (name, value) => {
  expect(() => codeStyleOf(new Options({ [name]: value }))).toThrow(
    expect.objectContaining({ code: 'usage/arguments' }) as Error,
  );
});

/** Reads what a terminal shows: half blocks of ink on paper. */
function readScreen(lines: readonly string[], inkIsDark: boolean): readonly Uint8Array[] {
  const [scale, width] = [4, Math.max(...lines.map((line) => line.length))];
  const height = 2 * lines.length;
  const levels = new Uint8Array(width * scale * height * scale);
  for (let y = 0; y < height * scale; y++) {
    for (let x = 0; x < width * scale; x++) {
      const row = Math.floor(y / scale);
      const character = lines[Math.floor(row / 2)]?.[Math.floor(x / scale)] ?? ' ';
      const ink = (row % 2 === 0 ? '▀█' : '▄█').includes(character);
      levels[y * width * scale + x] = ink === inkIsDark ? 0 : 255;
    }
  }
  const picture = { levels, width: width * scale, height: height * scale };
  return plainReader.read(picture, 'still').flatMap(({ content }) => content ?? []);
}

class Window extends Kept {
  readonly columns: number = 90;
  readonly rows: number = 40;
}

class LargeWindow extends Window {
  override readonly columns = 200;
  override readonly rows = 100;
}

async function shown(
  environment: Readonly<Record<string, string>>,
  chosen: CodeStyle,
  shownFor: number,
  stdout: Window = new Window(true),
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const interrupt = new AbortController();
  setTimeout(() => interrupt.abort(), shownFor);
  const exitCode = await runToExitCode(
    async (run) => {
      await showCodes(run, message, chosen);
      return ExitCode.done;
    },
    { ...keptSurroundings([], environment, true), stdout },
    interrupt.signal,
  );
  return { text: stdout.text, exitCode };
}

const escapes = /\u001b\[[?0-9;]*[a-zA-Z]/gu;

test.each([
  ['a terminal with colours', {}, false, true],
  ['a dark one without', { NO_COLOR: '1' }, false, false],
  ['a light one without', { NO_COLOR: '1' }, true, true],
])(
  'codes follow each other on %s, fit its window and are read from it',
  async (_, environment, light, inkIsDark) => {
    const { text, exitCode } = await shown(environment, { version: undefined, rate: 30, light }, 1500);
    expect(exitCode).toBe(ExitCode.done);
    expect(text.startsWith('\u001b[?25l')).toBe(true);
    expect(text.endsWith('\u001b[?25h')).toBe(true);
    const screens = text.split('\u001b[H').slice(1);
    const assembler = new FrameAssembler();
    for (const screen of screens) {
      const lines = screen.replaceAll(escapes, '').trimEnd().split('\n');
      expect(lines.length).toBeLessThanOrEqual(39);
      const [code] = readScreen(
        lines.filter((line) => line !== ''),
        inkIsDark,
      );
      if (code !== undefined) assembler.add(code);
    }
    expect(assembler.message()).toEqual(message);
  },
  60_000,
);

test('one code stands still on a terminal whose window holds all of it in one', async () => {
  const chosen = { version: undefined, rate: undefined, light: false };
  const { text, exitCode } = await shown({}, chosen, 60_000, new LargeWindow(true));
  expect(exitCode).toBe(ExitCode.done);
  expect(text).not.toContain('\u001b[?25l');
  const lines = text.replaceAll(escapes, '').split('\n');
  const [code] = readScreen(
    lines.filter((line) => line !== ''),
    false,
  );
  const assembler = new FrameAssembler();
  assembler.add(code ?? new Uint8Array());
  expect(assembler.message()).toEqual(message);
}, 60_000);
