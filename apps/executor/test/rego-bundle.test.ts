import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readRegoBundle } from '../src/rego/bundle.ts';

const kept = new Uint8Array(
  readFileSync(join(import.meta.dirname, '..', '..', '..', 'test', 'rego', 'verdict.tar.gz')),
);
const tar = new Uint8Array(gunzipSync(kept));
const entrypoint = 'countersign/verdict';

/** One file of an archive, with its header. */
function file(path: string, content: string | Uint8Array, type = '0'): Uint8Array {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const header = Buffer.alloc(512);
  header.write(path, 0);
  header.write(bytes.length.toString(8).padStart(11, '0'), 124);
  header.write(type, 156);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

const end = Buffer.alloc(1024);
const manifest = JSON.stringify({ revision: 'one', wasm: [{ entrypoint, module: '/policy.wasm' }] });
const [named, module] = [file('/.manifest', manifest), file('/policy.wasm', 'wasm')];

function packed(...files: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(gzipSync(Buffer.concat([...files, end])));
}

describe('a bundle', () => {
  test('of OPA is read', () => {
    const { wasm, data, revision, digest } = readRegoBundle(kept, entrypoint);
    expect(Buffer.from(wasm.subarray(0, 4)).toString('latin1')).toBe('\0asm');
    expect(JSON.parse(data)).toEqual({ limits: { rows: 3, approvers: 3 } });
    expect(revision).toBe('house-rules-1');
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test('of another making is read, its folders passed over', () => {
    const bundle = readRegoBundle(packed(file('./', '', '5'), named, module), entrypoint);
    expect(bundle).toMatchObject({ data: '{}', revision: 'one' });
  });

  test('has a digest of its own bytes', () => {
    const again = readRegoBundle(new Uint8Array(gzipSync(tar, { level: 1 })), entrypoint);
    expect(again.digest).not.toBe(readRegoBundle(kept, entrypoint).digest);
  });

  test.each<[what: string, bytes: Uint8Array, words: RegExp]>([
    ['nothing', new Uint8Array(0), /does not unpack/],
    ['no archive', new Uint8Array(gzipSync(Buffer.alloc(2048, 'x'))), /no tar archive|no number/],
    ['an archive that is not packed', tar, /does not unpack/],
    ['a file that is cut off', kept.subarray(0, kept.length - 1000), /does not unpack/],
    [
      'an archive that is cut off',
      new Uint8Array(gzipSync(tar.subarray(0, tar.length - 2048))),
      /is cut off/,
    ],
    [
      'more than it may hold',
      new Uint8Array(gzipSync(Buffer.alloc(67_108_865))),
      /does not unpack to at most/,
    ],
    ['a changed byte in a header', new Uint8Array(gzipSync(tar.with(3, 1))), /no tar archive/],
    ['a link', packed(file('/policy.wasm', '', '2'), named), /no plain file/],
    ['a long name', packed(file('/x', 'name', 'L'), named, module), /no plain file/],
    ['a file twice', packed(named, module, file('policy.wasm', 'other')), /"policy\.wasm" twice/],
    [
      'too many files',
      packed(...Array.from({ length: 1001 }, (_, at) => file(`f${at}`, ''))),
      /more than 1000/,
    ],
    ['no manifest', packed(module), /no \.manifest/],
    ['a manifest that is no JSON', packed(file('/.manifest', '{'), module), /no JSON/],
    ['a manifest that is null', packed(file('/.manifest', 'null'), module), /no entry point/],
    ['no module', packed(named), /no "\/policy\.wasm"/],
    ['data in a folder', packed(named, module, file('/a/data.json', '{}')), /data in "a\/data\.json"/],
    [
      'more data than it may have',
      packed(named, module, file('/data.json', new Uint8Array(8_388_609))),
      /more data/,
    ],
    ['data that is no JSON', packed(named, module, file('/data.json', 'x')), /no JSON/],
  ])('with %s is refused', (_, bytes, words) => {
    const refused: unknown = expect.objectContaining({
      code: 'configuration/rego',
      message: expect.stringMatching(words) as string,
    });
    expect(() => readRegoBundle(bytes, entrypoint)).toThrow(refused);
  });

  test('without the entry point is refused', () => {
    expect(() => readRegoBundle(kept, 'countersign/other')).toThrow(/no entry point "countersign\/other"/);
  });
});
