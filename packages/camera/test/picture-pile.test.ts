import {
  drawFrame,
  drawPicture,
  encodeFrames,
  greyOf,
  plainReader,
  type GreyPicture,
} from '@countersign/frames';
import QRCode from 'qrcode';
import { expect, test } from 'vitest';
import { PicturePile } from '../src/picture-pile.ts';
import { merged, Reading } from '../src/reading.ts';
import type { Report } from '../src/report.ts';

const text = (of: string): Uint8Array => new TextEncoder().encode(of);

function codeOf(frame: Uint8Array): GreyPicture {
  return greyOf(drawPicture(drawFrame(frame), { scale: 4 }));
}

function foreignCode(content: string): GreyPicture {
  const { modules } = QRCode.create(content, { errorCorrectionLevel: 'L' });
  const drawing = {
    size: modules.size,
    modules: Uint8Array.from(modules.data, (dark) => (dark === 0 ? 0 : 1)),
  };
  return greyOf(drawPicture(drawing, { scale: 4 }));
}

/** Pictures side by side on a light ground. */
function beside(...pictures: readonly GreyPicture[]): GreyPicture {
  const width = pictures.reduce((sum, picture) => sum + picture.width, 0);
  const height = Math.max(...pictures.map((picture) => picture.height));
  const levels = new Uint8Array(width * height).fill(255);
  let left = 0;
  for (const { levels: own, width: across, height: down } of pictures) {
    for (let y = 0; y < down; y += 1)
      levels.set(own.subarray(y * across, (y + 1) * across), y * width + left);
    left += across;
  }
  return { levels, width, height };
}

const read = (reading: Reading, picture: GreyPicture): Report => reading.take(picture, 'still');
const static1 = encodeFrames(text('one request')).frame(0);

test('a message beside a web address is taken, and the address is told', () => {
  const pile = new PicturePile();
  const picture = beside(codeOf(static1), foreignCode('https://example.com/menu'));
  pile.add('desk.png', read(new Reading(plainReader), picture));
  expect(pile.whole().map(({ message }) => message)).toEqual([text('one request')]);
  expect(pile.rest()).toEqual([{ kind: 'foreign', name: 'desk.png', is: 'web-address' }]);
});

test('a picture of nothing but a foreign code is refused by what it is', () => {
  const report = read(new Reading(plainReader), foreignCode('WIFI:T:WPA;S:cafe;P:secret;;'));
  expect(() => new PicturePile().add('wifi.png', report)).toThrow(
    expect.objectContaining({
      code: 'frame/foreign',
      message: 'the code in this picture holds the access to a Wi-Fi network, expected a countersign frame',
    }) as Error,
  );
});

test('a picture without a code is refused', () => {
  const blank = { levels: new Uint8Array(10_000).fill(255), width: 100, height: 100 };
  expect(() => new PicturePile().add('blank.png', read(new Reading(plainReader), blank))).toThrow(
    expect.objectContaining({ code: 'picture/without-code' }) as Error,
  );
});

test('a code that does not check out does not spoil a message beside it', () => {
  const broken = static1.map((byte, at) => (at === 20 ? byte ^ 1 : byte));
  const pile = new PicturePile();
  pile.add('two.png', read(new Reading(plainReader), beside(codeOf(static1), codeOf(broken))));
  expect(pile.whole()).toHaveLength(1);
  expect(pile.rest()).toEqual([{ kind: 'refused', name: 'two.png', code: 'frame/check' }]);
});

test('codes that are missing are told, until another picture brings them', () => {
  const source = encodeFrames(text('cut in pieces, '.repeat(20)), { frameBytesMax: 150, compress: false });
  expect(source.minimumFrames).toBe(3);
  const [reading, pile] = [new Reading(plainReader), new PicturePile()];
  pile.add('a.png', read(reading, beside(codeOf(source.frame(0)), codeOf(source.frame(1)))));
  expect(pile.rest()).toEqual([{ kind: 'incomplete', names: ['a.png'], received: 2, needed: 3 }]);
  pile.add('b.png', read(reading, codeOf(source.frame(7))));
  expect(pile.rest()).toEqual([]);
  expect(pile.whole()).toHaveLength(1);
  expect(pile.namesOf(pile.whole()[0]?.messageId ?? '')).toEqual(['a.png', 'b.png']);
});

test('every foreign code of a picture is told, beside one of ours and alone', () => {
  const others = [foreignCode('https://example.com/menu'), foreignCode('WIFI:T:WPA;S:cafe;P:secret;;')];
  const pile = new PicturePile();
  pile.add('desk.png', read(new Reading(plainReader), beside(codeOf(static1), ...others)));
  expect(pile.rest()).toEqual([
    { kind: 'foreign', name: 'desk.png', is: 'web-address' },
    { kind: 'foreign', name: 'desk.png', is: 'wifi' },
  ]);
  const alone = merged(others.map((picture) => read(new Reading(plainReader), picture)));
  expect(() => new PicturePile().add('wall.png', alone)).toThrow(
    'the codes in this picture hold a web address, the access to a Wi-Fi network, expected a countersign frame',
  );
  const broken = read(
    new Reading(plainReader),
    codeOf(static1.map((byte, at) => (at === 20 ? byte ^ 1 : byte))),
  );
  expect(() => new PicturePile().add('wall.png', merged([broken, alone]))).toThrow(
    'a code in this picture, beside a web address, the access to a Wi-Fi network',
  );
});

test('a finished message is handed out once, and a flood of others is not remembered for ever', () => {
  const reading = new Reading(plainReader);
  const first = codeOf(static1);
  expect(read(reading, first).messages).toHaveLength(1);
  expect(read(reading, first).messages).toHaveLength(0);
  // As many others as are remembered: the first is forgotten, and comes out again.
  for (let other = 0; other < 16; other += 1)
    expect(read(reading, codeOf(encodeFrames(text(`other ${other}`)).frame(0))).messages).toHaveLength(1);
  expect(read(reading, first).messages).toHaveLength(1);
}, 30_000);
