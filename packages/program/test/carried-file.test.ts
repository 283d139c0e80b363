import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { drawFrame, encodeFrames } from '@countersign/frames';
import { encodePng, readCarried } from '../src/index.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const message = Uint8Array.from({ length: 900 }, (_byte, at) => (at * at * 31 + at * 7) >> 3);
const source = encodeFrames(message, { frameBytesMax: 400, compress: false });

function refusal(code: string): unknown {
  return expect.objectContaining({ code });
}

function drawn(index: number): Uint8Array {
  return encodePng(drawFrame(source.frame(index)), { modulePixels: 4 });
}

describe('readCarried', () => {
  test('reads files as they are and puts pictures together in any order', () => {
    const directory = temporaryDirectory();
    const path = (name: string): string => join(directory, name);
    writeFileSync(path('one.csdec'), 'as it is');
    const names = Array.from({ length: source.minimumFrames }, (_name, index) => path(`${9 - index}.png`));
    for (const [index, name] of names.entries()) writeFileSync(name, drawn(index));
    expect(names.length).toBeGreaterThan(1);
    const carried = readCarried([...names, path('one.csdec')], '.csdec');
    expect(carried.map(({ bytes }) => bytes)).toEqual([new TextEncoder().encode('as it is'), message]);
  });

  test('takes of a directory the plain files that may hold something', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'a.csdec'), 'a');
    writeFileSync(join(directory, 'notes.txt'), 'n');
    symlinkSync('/etc/passwd', join(directory, 'b.csdec'));
    mkdirSync(join(directory, 'c.csdec'));
    expect(readCarried([directory], '.csdec').map(({ path }) => path)).toEqual([join(directory, 'a.csdec')]);
    expect(readCarried([temporaryDirectory()], '.csdec')).toEqual([]);
  });

  test('says when a picture shows no code, and when codes are missing', () => {
    const path = join(temporaryDirectory(), 'a.png');
    writeFileSync(path, encodePng({ size: 25, modules: new Uint8Array(625) }));
    expect(() => readCarried([path], '.csdec')).toThrow(refusal('picture/no-code'));
    writeFileSync(path, drawn(0));
    expect(() => readCarried([path], '.csdec')).toThrow(refusal('picture/incomplete'));
  });

  test('refuses a named link', () => {
    const path = join(temporaryDirectory(), 'a.csdec');
    symlinkSync('/etc/hostname', path);
    expect(() => readCarried([path], '.csdec')).toThrow(refusal('file/symlink'));
  });
});
