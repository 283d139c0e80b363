import { fromHex, sha256, toHex } from '@countersign/codec';
import { expect, test } from 'vitest';
import {
  decodeFrame,
  encodeFrame,
  encodeFrames,
  FrameAssembler,
  frameBytesAt,
  loopLength,
} from '../src/index.ts';
import { valueAt } from './slow-model.ts';
import { frameVectors } from './vectors.ts';

test('there are 6 frame vectors', () => expect(frameVectors).toHaveLength(6));

test.each(frameVectors)('$name: frames are those of the vector', (vector) => {
  const source = encodeFrames(fromHex(vector.message), {
    frameBytesMax: vector.frame_bytes_max,
    compress: false,
  });
  expect(source.messageId).toBe(vector.message_id);
  expect(source.minimumFrames).toBe(vector.minimum_frames);
  for (const { index, frame } of vector.frames) {
    expect(toHex(source.frame(index))).toBe(frame);
    expect(fromHex(frame).length).toBeLessThanOrEqual(vector.frame_bytes_max);
    expect(toHex(encodeFrame(decodeFrame(fromHex(frame))))).toBe(frame);
  }
});

test.each(frameVectors)('$name: symbols are those of the slow model', (vector) => {
  const packed = new Uint8Array([0, ...fromHex(vector.message)]);
  expect(vector.message_id).toBe(toHex(sha256(packed).slice(0, 8)));
  for (const { index, frame } of vector.frames) {
    const { payload } = decodeFrame(fromHex(frame));
    if (vector.minimum_frames === 1) {
      expect(payload).toEqual(packed);
      continue;
    }
    for (let at = 0; at < payload.length; at += 2) {
      const values = Array.from({ length: vector.minimum_frames }, (_, symbol) => {
        const start = symbol * payload.length + at;
        return ((packed[start] ?? 0) << 8) | (packed[start + 1] ?? 0);
      });
      const expected = valueAt(values, index % 65_536);
      expect(((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0)).toBe(expected);
    }
  }
});

test.each(frameVectors)('$name: every truncation and every changed byte is refused', (vector) => {
  const frame = fromHex(vector.frames[0]?.frame ?? '');
  for (let length = 0; length < frame.length; length++) {
    expect(() => decodeFrame(frame.slice(0, length))).toThrow(
      expect.objectContaining({ name: 'FrameError' }) as Error,
    );
  }
  frame.forEach((byte, at) => {
    const changed = Uint8Array.from(frame);
    changed[at] = byte ^ 0x20;
    const code = at < 2 ? 'frame/foreign' : 'frame/check';
    expect(() => decodeFrame(changed)).toThrow(expect.objectContaining({ code }) as Error);
  });
});

test('a small message is one static code at every index', () => {
  const source = encodeFrames(new Uint8Array(1000).fill(1), { compress: false });
  expect(source.minimumFrames).toBe(1);
  for (const index of [1, 2, 65_535, 65_536, 1e12]) expect(source.frame(index)).toEqual(source.frame(0));
  const assembler = new FrameAssembler();
  expect(assembler.add(source.frame(7))).toMatchObject({ kind: 'complete', received: 1, needed: 1 });
});

test('deflate is used exactly where it makes the message shorter', () => {
  const repetitive = new Uint8Array(20_000).fill(7);
  const packed = encodeFrames(repetitive);
  expect(packed.minimumFrames).toBe(1);
  expect(decodeFrame(packed.frame(0)).payload[0]).toBe(1);
  const random = sha256(repetitive);
  expect(decodeFrame(encodeFrames(random).frame(0)).payload).toEqual(new Uint8Array([0, ...random]));
  const assembler = new FrameAssembler();
  assembler.add(packed.frame(0));
  expect(assembler.message()).toEqual(repetitive);
});

test('a message is one code where any holds it, unless a limit is given', () => {
  // A method byte and 20 of the frame.
  const [most, more] = [frameBytesAt(40) - 21, frameBytesAt(40) - 20];
  const cut = (length: number, frameBytesMax?: number): number =>
    encodeFrames(new Uint8Array(length), {
      compress: false,
      ...(frameBytesMax === undefined ? {} : { frameBytesMax }),
    }).minimumFrames;
  expect(cut(most)).toBe(1);
  expect(cut(more)).toBe(3);
  expect(cut(most, frameBytesAt(25))).toBe(3);
});

test('a loop of codes outlasts a camera that misses every second or third one', () => {
  for (let minimum = 2; minimum <= 400; minimum++) {
    const count = loopLength(minimum);
    expect(count).toBeGreaterThanOrEqual(1.5 * minimum);
    expect([count % 2, count % 3]).not.toContain(0);
  }
  expect(loopLength(1)).toBe(1);
});
