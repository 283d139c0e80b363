// Writes frames.json and refused.json beside this file: node test/vectors/frames/generate.ts
import { writeFileSync } from 'node:fs';
import { fromHex, toHex, utf8 } from '@countersign/codec';
import { encodeFrame, encodeFrames } from '@countersign/frames';

interface Case {
  readonly name: string;
  readonly note: string;
  readonly message: Uint8Array;
  readonly frameBytesMax: number;
  readonly indexes: readonly number[];
}

const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => (index * 7) & 0xff);

const cases: readonly Case[] = [
  { name: 'one byte', note: 'one static code; odd symbol', message: counting(1), frameBytesMax: 32, indexes: [0, 1, 65_536] },
  { name: 'fills one frame', note: '11 bytes and the method in 12', message: counting(11), frameBytesMax: 32, indexes: [0] },
  { name: 'two symbols', note: 'the line through two points', message: counting(12), frameBytesMax: 32, indexes: [0, 1, 2, 3, 65_535, 65_536] },
  { name: 'padding', note: 'evened to 3 symbols of 10; the last is padded', message: counting(27), frameBytesMax: 32, indexes: [0, 1, 2, 3, 4, 5] },
  { name: 'odd limit', note: 'symbols are whole words', message: counting(100), frameBytesMax: 33, indexes: [0, 8, 9, 1000] },
  { name: 'text', note: 'as a person might send', message: utf8('approve 3 rows in customers'.repeat(4)), frameBytesMax: 60, indexes: [0, 1, 2, 3, 4] },
];

const frames = cases.map(({ name, note, message, frameBytesMax, indexes }) => {
  const source = encodeFrames(message, { frameBytesMax, compress: false });
  return {
    name,
    note,
    message: toHex(message),
    frame_bytes_max: frameBytesMax,
    message_id: source.messageId,
    minimum_frames: source.minimumFrames,
    frames: indexes.map((index) => ({ index, frame: toHex(source.frame(index)) })),
  };
});

const messageId = fromHex('0011223344556677');
const good = encodeFrame({ messageId, total: 40, index: 3, payload: counting(20) });
const shaped = (total: number, index: number, length: number): Uint8Array =>
  encodeFrame({ messageId, total, index, payload: counting(length) });
const changed = (at: number): Uint8Array => good.map((byte, index) => (index === at ? byte ^ 1 : byte));

const refused = [
  { name: 'nothing', code: 'frame/foreign', flags: ['foreign:text'], frame: new Uint8Array() },
  { name: 'web address', code: 'frame/foreign', flags: ['foreign:web-address'], frame: utf8('https://example.org/pay') },
  { name: 'Wi-Fi', code: 'frame/foreign', flags: ['foreign:wifi'], frame: utf8('WIFI:T:WPA;S:guest;P:secret;;') },
  { name: 'payment address', code: 'frame/foreign', flags: ['foreign:wallet'], frame: utf8('bitcoin:1BoatSLRHtKNngkdXEeobR76b53LETtpyT') },
  { name: 'bare segwit address', code: 'frame/foreign', flags: ['foreign:wallet'], frame: utf8('bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq') },
  { name: 'uniform resource', code: 'frame/foreign', flags: ['foreign:air-gap-wallet'], frame: utf8('UR:BYTES/1-3/LPADAXCFAO') },
  { name: 'contact', code: 'frame/foreign', flags: ['foreign:contact'], frame: utf8('BEGIN:VCARD') },
  { name: 'text', code: 'frame/foreign', flags: ['foreign:text'], frame: utf8('hello') },
  { name: 'binary', code: 'frame/foreign', flags: ['foreign:bytes'], frame: fromHex('ff00ff00') },
  { name: 'magic alone', code: 'frame/truncated', flags: [], frame: good.slice(0, 2) },
  { name: 'no payload', code: 'frame/truncated', flags: [], frame: good.slice(0, 20) },
  { name: 'cut by one', code: 'frame/check', flags: [], frame: good.slice(0, -1) },
  { name: 'payload bit', code: 'frame/check', flags: [], frame: changed(20) },
  { name: 'id bit', code: 'frame/check', flags: [], frame: changed(4) },
  { name: 'version bit', code: 'frame/check', flags: ['not taken for a newer version'], frame: changed(2) },
  { name: 'check bit', code: 'frame/check', flags: [], frame: changed(good.length - 1) },
  { name: 'version 2', code: 'frame/version', flags: [], frame: fromHex('c5f10200112233445566770000280003aabb49fdb79d') },
  { name: 'total 0', code: 'frame/total', flags: [], frame: shaped(0, 0, 2) },
  { name: 'total above 1 MiB', code: 'frame/total', flags: ['cap'], frame: shaped(1_048_577, 0, 1000) },
  { name: '2,049 symbols', code: 'frame/symbols', flags: ['cap'], frame: shaped(4098, 0, 2) },
  { name: 'odd symbol', code: 'frame/shape', flags: [], frame: shaped(40, 0, 21) },
  { name: 'uneven cutting', code: 'frame/shape', flags: [], frame: shaped(40, 0, 38) },
  { name: 'longer than the message', code: 'frame/shape', flags: [], frame: shaped(40, 0, 41) },
  { name: 'second index of a static code', code: 'frame/shape', flags: [], frame: shaped(40, 1, 40) },
];

function write(file: string, vectors: readonly unknown[]): void {
  const text = JSON.stringify({ count: vectors.length, vectors }, undefined, 1);
  writeFileSync(new URL(file, import.meta.url), `${text}\n`);
}

write('frames.json', frames);
write(
  'refused.json',
  refused.map((vector) => ({ ...vector, frame: toHex(vector.frame) })),
);
