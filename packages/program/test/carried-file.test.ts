import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { concatBytes, fromHex, utf8 } from '@countersign/codec';
import { decodeFrame, drawFrame, encodeFrames, encodeGif } from '@countersign/frames';
import QRCode from 'qrcode';
import { describe, expect, test } from 'vitest';
import { encodePng, readCarried, type CarriedFile, type Modules } from '../src/index.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const message = Uint8Array.from({ length: 900 }, (_byte, at) => (at * at * 31 + at * 7) >> 3);
const source = encodeFrames(message, { frameBytesMax: 400, compress: false });

function refusal(code: string): unknown {
  return expect.objectContaining({ code });
}

function drawn(index: number): Uint8Array {
  return encodePng(drawFrame(source.frame(index)), { modulePixels: 4 });
}

function foreign(text: string): Modules {
  const { modules } = QRCode.create(text, {});
  return { size: modules.size, modules: Uint8Array.from(modules.data, Number) };
}

/** Lays codes of one size side by side, as a screenshot of several shows them. */
function beside(codes: readonly Modules[]): Uint8Array {
  const side = Math.max(...codes.map(({ size }) => size)) + 8;
  const size = side * codes.length;
  const modules = new Uint8Array(size * size);
  codes.forEach((code, index) => {
    code.modules.forEach((module, at) => {
      const [x, y] = [at % code.size, Math.floor(at / code.size)];
      modules[(y + 4) * size + index * side + x + 4] = module;
    });
  });
  return encodePng({ size, modules }, { modulePixels: 4 });
}

let notes: string[] = [];
function carry(...paths: string[]): Promise<readonly CarriedFile[]> {
  notes = [];
  return readCarried(paths, { suffix: '.csdec', note: (text) => notes.push(text) });
}

function fileIn(directory: string, name: string, bytes: Uint8Array | string): string {
  writeFileSync(join(directory, name), bytes);
  return join(directory, name);
}

describe('readCarried', () => {
  test('reads files as they are and puts pictures together in any order', async () => {
    const directory = temporaryDirectory();
    const file = fileIn(directory, 'one.csdec', 'as it is');
    const names = Array.from({ length: source.minimumFrames }, (_name, index) =>
      fileIn(directory, `${9 - index}.png`, drawn(index)),
    );
    expect(names.length).toBeGreaterThan(1);
    const carried = await carry(...names, file);
    expect(carried.map(({ bytes }) => bytes)).toEqual([utf8('as it is'), message]);
  });

  test('takes every code of one picture, and of an animation every frame', async () => {
    const directory = temporaryDirectory();
    const drawings = [5, 6, 7].map((index) => drawFrame(source.frame(index)));
    const [several, gif] = [beside(drawings), encodeGif(drawings, { rate: 5, scale: 3 })];
    for (const bytes of [several, gif]) {
      const [carried] = await carry(fileIn(directory, 'picture', bytes));
      expect(carried?.bytes).toEqual(message);
    }
  });

  test('reads a JPEG photo', async () => {
    const photo = JSON.parse(
      readFileSync(new URL('../../../test/vectors/frames/photo.json', import.meta.url), 'utf8'),
    ) as { readonly jpeg: string; readonly content: string };
    const path = fileIn(temporaryDirectory(), 'IMG_0001.JPG', Buffer.from(photo.jpeg, 'base64'));
    const [carried] = await carry(path);
    // The frame holds the whole message: method 0, then the message itself.
    expect(carried?.bytes).toEqual(decodeFrame(fromHex(photo.content)).payload.slice(1));
  });

  test('takes of a directory the plain files that may hold something', async () => {
    const directory = temporaryDirectory();
    fileIn(directory, 'a.csdec', 'a');
    fileIn(directory, 'notes.txt', 'n');
    symlinkSync('/etc/passwd', join(directory, 'b.csdec'));
    mkdirSync(join(directory, 'c.csdec'));
    expect((await carry(directory)).map(({ path }) => path)).toEqual([join(directory, 'a.csdec')]);
    expect(await carry(temporaryDirectory())).toEqual([]);
  });

  test('passes over what is not ours in a folder of photos and says so', async () => {
    const directory = temporaryDirectory();
    for (let index = 0; index < source.minimumFrames; index++)
      fileIn(directory, `${index}.PNG`, drawn(index));
    fileIn(directory, 'wall.png', encodePng({ size: 25, modules: new Uint8Array(625) }));
    fileIn(directory, 'guest.png', encodePng(foreign('WIFI:S:guests;;')));
    fileIn(directory, 'torn.png', drawn(0).subarray(0, 90));
    fileIn(directory, 'dinner.jpg', concatBytes(new Uint8Array(4), utf8('ftypheic')));
    const other = encodeFrames(
      new Uint8Array(900).map((_byte, at) => at * 7),
      { frameBytesMax: 400, compress: false },
    );
    fileIn(directory, 'half.png', encodePng(drawFrame(other.frame(0))));
    expect((await carry(directory)).map(({ bytes }) => bytes)).toEqual([message]);
    expect(notes.join('\n')).toMatch(/wall\.png.*no QR code/u);
    expect(notes.join('\n')).toMatch(/guest\.png.*the access to a Wi-Fi network/u);
    expect(notes.join('\n')).toMatch(/torn\.png.*cut off/u);
    expect(notes.join('\n')).toMatch(/dinner\.jpg.*HEIC/u);
    expect(notes.join('\n')).toMatch(/1 of 3 codes.*half\.png/u);
    expect(notes).toHaveLength(5);
  });

  test('says what a foreign code is, and reads ours beside it', async () => {
    const directory = temporaryDirectory();
    for (const [text, what] of [
      ['https://example.org/menu', 'a web address'],
      ['WIFI:S:guests;;', 'the access to a Wi-Fi network'],
      ['bitcoin:bc1qxyz', 'an address of a wallet'],
      ['ur:crypto-psbt/1-2/lpadao', 'a message of an air-gapped wallet'],
      ['4006381333931', 'plain text'],
    ] as const) {
      const path = fileIn(directory, 'foreign.png', encodePng(foreign(text)));
      await expect(carry(path)).rejects.toThrow(`this code holds ${what}`);
    }
    const small = encodeFrames(utf8('small'), { compress: false });
    const mixed = fileIn(
      directory,
      'mixed.png',
      beside([foreign('https://example.org'), drawFrame(small.frame(0))]),
    );
    expect((await carry(mixed)).map(({ bytes }) => bytes)).toEqual([utf8('small')]);
    expect(notes).toEqual([
      `passed over a code in ${JSON.stringify(mixed)}: this code holds a web address, expected a countersign frame`,
    ]);
  });

  test('names every foreign code of a picture, and the picture', async () => {
    const texts = ['https://example.org', 'WIFI:S:guests;;', 'https://example.org/menu'];
    const path = fileIn(temporaryDirectory(), 'wall.png', beside(texts.map(foreign)));
    await expect(carry(path)).rejects.toThrow(`in ${JSON.stringify(path)}: this code holds a web address`);
    expect(notes).toEqual([
      `passed over ${JSON.stringify(path)}: this code holds the access to a Wi-Fi network, expected a countersign frame`,
    ]);
  });

  test('tells all that is wrong where nothing is taken, and not the first alone', async () => {
    const directory = temporaryDirectory();
    const others = [3, 5].map((factor) =>
      encodeFrames(
        Uint8Array.from({ length: 900 }, (_byte, at) => at * factor),
        { frameBytesMax: 400, compress: false },
      ),
    );
    const halves = others.map((other, index) =>
      fileIn(directory, `half-${index}.png`, encodePng(drawFrame(other.frame(0)))),
    );
    await expect(carry(...halves)).rejects.toThrow(/1 of 3 codes.*half-0\.png/u);
    expect(notes.join('\n')).toMatch(/^not whole: 1 of 3 codes.*half-1\.png"$/u);
    const wall = fileIn(directory, 'wall.png', encodePng(foreign('https://example.org')));
    const blank = fileIn(directory, 'blank.png', encodePng({ size: 25, modules: new Uint8Array(625) }));
    await expect(carry(wall, blank, ...halves)).rejects.toThrow(refusal('frame/foreign'));
    expect(notes.map((text) => /(?:blank|half-\d)\.png/u.exec(text)?.[0])).toEqual([
      'blank.png',
      'half-0.png',
      'half-1.png',
    ]);
  });

  test('says when a picture shows no code, when codes are missing, and what it cannot open', async () => {
    const path = fileIn(temporaryDirectory(), 'a.png', encodePng({ size: 25, modules: new Uint8Array(625) }));
    await expect(carry(path)).rejects.toThrow(refusal('picture/no-code'));
    writeFileSync(path, drawn(0));
    await expect(carry(path)).rejects.toThrow(refusal('picture/incomplete'));
    for (const bytes of ['RIFF1234WEBPVP8 ', 'xxxxftypheic', 'xxxxftypisom', 'BM123456789']) {
      writeFileSync(path, bytes);
      await expect(carry(path)).rejects.toThrow(refusal('picture/unsupported'));
    }
  });

  test('refuses a named link', async () => {
    const path = join(temporaryDirectory(), 'a.csdec');
    symlinkSync('/etc/hostname', path);
    await expect(carry(path)).rejects.toThrow(refusal('file/symlink'));
  });
});
