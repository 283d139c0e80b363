import { fromHex, sha256 } from '@countersign/codec';
import { deflateSync } from 'fflate';
import { expect, test } from 'vitest';
import {
  decodeFrame,
  decodeGif,
  drawFrame,
  drawPicture,
  drawTerminal,
  encodeFrame,
  encodeFrames,
  encodeGif,
  FrameAssembler,
  FrameError,
  frameBytesAt,
  messageBytesMax,
  openZxingReader,
  plainReader,
  readPicture,
  type FrameErrorCode,
} from '../src/index.ts';
import { unpackMessage } from '../src/packing.ts';
import { makeRandom, randomBytes } from './random.ts';
import { refusedVectors } from './vectors.ts';
import { zxingWasm } from './wasm.ts';

const hit = new Set<string>();

function refusal(act: () => unknown): FrameError {
  try {
    act();
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    hit.add(error.code);
    return error;
  }
  throw new Error('nothing was refused');
}

test('there are 24 refused vectors', () => expect(refusedVectors).toHaveLength(24));

test.each(refusedVectors)('$name is refused with $code', ({ frame, code, flags }) => {
  const error = refusal(() => decodeFrame(fromHex(frame)));
  expect(error.code).toBe(code);
  expect(error.message).toMatch(/^[ -~]{1,160}$/u);
  if (code === 'frame/foreign') expect(flags).toEqual([`foreign:${String(error.foreign)}`]);
  else expect(error.foreign).toBeUndefined();
  expect(() => new FrameAssembler().add(fromHex(frame))).toThrow(FrameError);
});

// The frame of a packed message under its true id.
function frameOf(packed: Uint8Array): Uint8Array {
  return encodeFrame({
    messageId: sha256(packed).slice(0, 8),
    total: packed.length,
    index: 0,
    payload: packed,
  });
}

const zip = (message: Uint8Array): Uint8Array => new Uint8Array([1, ...deflateSync(message, { level: 9 })]);

test.each<[string, FrameErrorCode, Uint8Array]>([
  ['an unknown method', 'packed/method', new Uint8Array([2, 1])],
  ['no body', 'packed/empty', new Uint8Array([0])],
  ['an empty body inflated', 'packed/empty', zip(new Uint8Array())],
  ['deflate data cut short', 'packed/inflate', zip(randomBytes(makeRandom(1), 500)).slice(0, -9)],
  ['no deflate data', 'packed/inflate', new Uint8Array([1, 7, 7, 7])],
  ['a deflate bomb', 'packed/inflated-too-long', zip(new Uint8Array(messageBytesMax + 1))],
])('%s is refused with %s and forgotten', (_, code, packed) => {
  const assembler = new FrameAssembler();
  expect(refusal(() => assembler.add(frameOf(packed.slice(0, 2900)))).code).toBe(
    packed.length > 2900 ? 'packed/inflate' : code,
  );
  expect(refusal(() => unpackMessage(packed)).code).toBe(code);
  expect(assembler.message()).toBeUndefined();
});

test('inflating stops soon after the cap', () => {
  const bomb = zip(new Uint8Array(64 * 1_048_576));
  expect(bomb.length).toBeLessThan(70_000);
  const heapBefore = process.memoryUsage().rss;
  expect(refusal(() => unpackMessage(bomb, 1000)).code).toBe('packed/inflated-too-long');
  expect(process.memoryUsage().rss - heapBefore).toBeLessThan(24 * 1_048_576);
});

// One frame of a GIF again and again.
function repeatedGif(times: number): Uint8Array {
  const gif = encodeGif([drawFrame(new Uint8Array(1))], { rate: 5, scale: 1 });
  const frame = gif.slice(13 + 6 + 19, -1);
  const all = new Uint8Array(gif.length + times * frame.length);
  all.set(gif.slice(0, 38));
  for (let time = 0; time < times; time++) all.set(frame, 38 + time * frame.length);
  return all;
}

test.each<[FrameErrorCode, () => unknown]>([
  ['packed/empty', () => encodeFrames(new Uint8Array())],
  ['packed/too-long', () => encodeFrames(new Uint8Array(messageBytesMax + 1))],
  ['packed/too-long', () => encodeFrames(new Uint8Array(1_048_576), { compress: false })],
  [
    'packed/too-many-symbols',
    () => encodeFrames(new Uint8Array(30_000), { frameBytesMax: 32, compress: false }),
  ],
  ['options/frame-bytes', () => encodeFrames(new Uint8Array(1), { frameBytesMax: 31 })],
  ['options/frame-bytes', () => encodeFrames(new Uint8Array(1), { frameBytesMax: 2954 })],
  ['options/frame-bytes', () => encodeFrames(new Uint8Array(1), { frameBytesMax: 99.5 })],
  ['options/index', () => encodeFrames(new Uint8Array(1)).frame(-1)],
  ['options/index', () => encodeFrames(new Uint8Array(1)).frame(0.5)],
  ['options/rate', () => encodeGif([], { rate: 31 })],
  ['options/rate', () => encodeGif([], { rate: NaN })],
  ['options/scale', () => encodeGif([], { rate: 5, scale: 40 })],
  ['options/scale', () => encodeGif([drawFrame(new Uint8Array(2900))], { rate: 5, scale: 32 })],
  ['picture/gif', () => [...decodeGif(new Uint8Array([0x47, 0x49, 0x46]))]],
  ['picture/gif', () => [...decodeGif(encodeGif([drawFrame(new Uint8Array(9))], { rate: 5 }).slice(0, -3))]],
  ['picture/gif-too-long', () => [...decodeGif(repeatedGif(20_000))]],
  ['options/scale', () => drawPicture(drawFrame(new Uint8Array(9)), { scale: 0 })],
  ['options/quiet-zone', () => drawTerminal(drawFrame(new Uint8Array(9)), { quietZone: -1 })],
  ['qr/version', () => frameBytesAt(41)],
  ['qr/too-long', () => drawFrame(new Uint8Array(2954))],
  ['qr/too-long', () => drawFrame(new Uint8Array(18), { version: 1 })],
  ['picture/size', () => readPicture(new Uint8Array(15), 2, 2)],
  ['picture/size', () => readPicture(new Uint8Array(0), 0, 0)],
  ['picture/size', () => readPicture(new Uint8Array(0), 1e6, 1e6)],
])('%s', (code, act) => expect(refusal(act).code).toBe(code));

test('a reader refuses what it cannot open, read or hold', async () => {
  const refusalOf = async (act: () => unknown): Promise<string> => {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      hit.add(error.code);
      return error.code;
    }
    throw new Error('nothing was refused');
  };
  expect(await refusalOf(() => openZxingReader(new Uint8Array([1, 2, 3])))).toBe('reader/refused');
  const reader = await openZxingReader(zxingWasm());
  // Enough of a JPEG for its size to be read; the memory of the reader ends at 2 GiB.
  const header = [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 9, 0, 9, 1, 1, 0x11, 0];
  const tooLong = new Uint8Array(2 ** 31);
  tooLong.set(header);
  expect(await refusalOf(() => reader.readJpeg(tooLong))).toBe('reader/failed');
  const ofNineBits = Uint8Array.from(header, (byte, at) => (at === 6 ? 9 : byte));
  expect(await refusalOf(() => reader.readJpeg(ofNineBits))).toBe('picture/file');
  expect(await refusalOf(() => reader.readJpeg(new Uint8Array([0xff, 0xd8, 0xff, 0xd9])))).toBe(
    'picture/file',
  );
  expect(await refusalOf(() => reader.readJpeg(new Uint8Array()))).toBe('picture/file');
  const huge = Uint8Array.from(header, (byte, at) => (at >= 7 && at <= 10 ? 0xff : byte));
  expect(await refusalOf(() => reader.readJpeg(huge))).toBe('picture/size');
  expect(await refusalOf(() => plainReader.readJpeg(new Uint8Array(header)))).toBe('picture/file');
});

test('every code of this room was hit', () => {
  const codes: Record<FrameErrorCode, true> = {
    'frame/foreign': true,
    'frame/truncated': true,
    'frame/check': true,
    'frame/version': true,
    'frame/total': true,
    'frame/symbols': true,
    'frame/shape': true,
    'packed/empty': true,
    'packed/too-long': true,
    'packed/too-many-symbols': true,
    'packed/method': true,
    'packed/inflate': true,
    'packed/inflated-too-long': true,
    'options/frame-bytes': true,
    'options/index': true,
    'options/rate': true,
    'options/scale': true,
    'options/quiet-zone': true,
    'qr/version': true,
    'qr/too-long': true,
    'picture/size': true,
    'picture/file': true,
    'picture/gif': true,
    'picture/gif-too-long': true,
    'reader/refused': true,
    'reader/failed': true,
  };
  expect([...hit].toSorted()).toEqual(Object.keys(codes).toSorted());
});
