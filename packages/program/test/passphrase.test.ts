import { PassThrough } from 'node:stream';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { askSecret, readPassphrase, readStandardInput, type ProgramErrorCode } from '../src/index.ts';
import { keptSurroundings, Keyboard, type KeptSurroundings } from './streams.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const open = { purpose: 'open', subject: 'ada.cskey' } as const;
const create = { purpose: 'create', subject: 'ada.cskey' } as const;

function refusal(code: ProgramErrorCode): unknown {
  return expect.objectContaining({ code });
}

/** Returns surroundings with a keyboard that types the lines, each after its question was shown. */
function typing(...lines: readonly (string | Uint8Array)[]): KeptSurroundings & { stdin: Keyboard } {
  const surroundings = { ...keptSurroundings([], {}, true), stdin: new Keyboard() };
  let typed = 0;
  surroundings.stderr.on('data', (chunk: Buffer) => {
    if (chunk.toString().endsWith(': ')) surroundings.stdin.write(lines[typed++] ?? '\u0003');
  });
  return surroundings;
}

function fileWith(content: string | Uint8Array): string {
  const path = join(temporaryDirectory(), 'passphrase');
  writeFileSync(path, content);
  return path;
}

describe('where a passphrase comes from', () => {
  test('the file goes before the environment, that before the terminal', async () => {
    const surroundings = {
      ...typing('typed\r'),
      environment: { COUNTERSIGN_PASSPHRASE: ' from environment ' },
    };
    expect(await readPassphrase({ file: fileWith('from file'), surroundings }, open)).toBe('from file');
    expect(await readPassphrase({ surroundings }, open)).toBe(' from environment ');
    expect(await readPassphrase({ surroundings: { ...surroundings, environment: {} } }, open)).toBe('typed');
  });

  test.each([
    ['a b ', 'a b '],
    ['a\n', 'a'],
    ['a\r\n', 'a'],
    ['a\n\n', 'a\n'],
    ['\ufeffä', '\ufeffä'],
  ])('a file of %j is %j', async (content, passphrase) => {
    expect(await readPassphrase({ file: fileWith(content), surroundings: keptSurroundings() }, open)).toBe(
      passphrase,
    );
  });

  test('each mistake has its code', async () => {
    const surroundings = keptSurroundings();
    const fromFile = (content: string | Uint8Array): Promise<string> =>
      readPassphrase({ file: fileWith(content), surroundings }, open);
    await expect(fromFile('\n')).rejects.toThrow(refusal('passphrase/empty'));
    await expect(fromFile(Uint8Array.of(0xff))).rejects.toThrow(refusal('passphrase/not-text'));
    await expect(fromFile('ä'.repeat(513))).rejects.toThrow(refusal('passphrase/too-long'));
    await expect(fromFile('x'.repeat(5000))).rejects.toThrow(refusal('file/too-large'));
    await expect(readPassphrase({ surroundings }, open)).rejects.toThrow(refusal('passphrase/no-terminal'));
    const link = join(temporaryDirectory(), 'link');
    symlinkSync(fileWith('x'), link);
    await expect(readPassphrase({ file: link, surroundings }, open)).rejects.toThrow(refusal('file/symlink'));
  });

  test('an input whose echo cannot be turned off is no terminal', async () => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const surroundings = { ...keptSurroundings(), stdin };
    await expect(readPassphrase({ surroundings }, open)).rejects.toThrow(refusal('passphrase/no-terminal'));
  });
});

describe('typing', () => {
  test('echo is off while typing and on again afterwards', async () => {
    const surroundings = typing('Geheimnis\r');
    expect(await readPassphrase({ surroundings }, open)).toBe('Geheimnis');
    expect(surroundings.stdin.rawModes).toEqual([true, false]);
    expect(surroundings.stderr.text).toBe('passphrase for "ada.cskey": \n');
  });

  test('a new one is asked for twice and must be the same', async () => {
    expect(await readPassphrase({ surroundings: typing('one\r', 'one\r') }, create)).toBe('one');
    await expect(readPassphrase({ surroundings: typing('one\r', 'two\r') }, create)).rejects.toThrow(
      refusal('passphrase/mismatch'),
    );
    expect(await readPassphrase({ surroundings: typing('one\rone\r') }, create)).toBe('one');
  });

  test.each([
    ['ab\u007fc\r', 'ac'],
    ['a😀\bc\n', 'ac'],
    ['wrong\u0015right\r', 'right'],
    ['a\tb\u001b\r', 'ab'],
    ['\u007f\r', ''],
  ])('%j is %j', async (keys, text) => {
    const { stdin: input, stderr: output } = typing(keys);
    expect(await askSecret({ input, output }, 'p: ')).toBe(text);
  });

  test('a character that arrives in two parts is one', async () => {
    const { stdin: input, stderr: output } = typing(Uint8Array.of(0xc3));
    const asked = askSecret({ input, output }, 'p: ');
    setImmediate(() => input.write(Uint8Array.of(0xa4, 0x0d)));
    expect(await asked).toBe('ä');
  });

  test.each(['\u0003', 'abc\u0004'])('%j gives up', async (keys) => {
    const surroundings = typing(keys);
    await expect(readPassphrase({ surroundings }, open)).rejects.toThrow(refusal('program/interrupted'));
    expect(surroundings.stdin.rawModes).toEqual([true, false]);
  });

  test('a terminal that goes away gives up', async () => {
    const { stdin: input, stderr: output } = typing('abc');
    const asked = askSecret({ input, output }, 'p: ');
    setImmediate(() => input.end());
    await expect(asked).rejects.toThrow(refusal('program/interrupted'));
  });

  test('nothing and too much is refused', async () => {
    await expect(readPassphrase({ surroundings: typing('\r') }, open)).rejects.toThrow(
      refusal('passphrase/empty'),
    );
    const long = `${'ä'.repeat(600)}\r`;
    await expect(readPassphrase({ surroundings: typing(long) }, open)).rejects.toThrow(
      refusal('passphrase/too-long'),
    );
  });
});

describe('standard input', () => {
  test('is read to its end, up to its limit', async () => {
    const input = new PassThrough();
    input.end('select 1');
    expect(await readStandardInput(input, { bytesMax: 8 })).toEqual(new TextEncoder().encode('select 1'));
    const long = new PassThrough();
    long.end('select 12');
    await expect(readStandardInput(long, { bytesMax: 8 })).rejects.toThrow(refusal('input/too-large'));
  });

  test('that breaks is an error of its own', async () => {
    const broken = new PassThrough();
    broken.destroy(new Error('gone'));
    await expect(readStandardInput(broken, { bytesMax: 8 })).rejects.toThrow(refusal('input/failed'));
  });
});
