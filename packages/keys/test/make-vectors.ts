/**
 * Writes test/vectors/keys/. Run by hand when a case is added: the encrypted files get new salts each time, their verdicts stay.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { concatBytes, seedSigner, toBase64, toBase64Url, toHex, utf8 } from '@countersign/codec';
import {
  encodePem,
  encodePkcs8,
  formatPublicKeyLine,
  formatRootFile,
  words,
  type NamedKey,
} from '../src/index.ts';
import { encryptFile } from '../src/key-file.ts';

const directory = join(import.meta.dirname, '../../../test/vectors/keys');
const passphrase = 'a quiet lake at noon';
const workFactor = 4;

function digest(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest());
}

function seedOf(name: string): Uint8Array {
  return digest(`keys vector: ${name}`);
}

function keyOf(name: string): NamedKey {
  return { key: seedSigner(seedOf(name)).publicKey, name };
}

function write(name: string, note: string, vectors: readonly object[]): void {
  writeFileSync(join(directory, `${name}.json`), `${JSON.stringify({ note, vectors }, undefined, 1)}\n`);
}

function wordVectors(): object[] {
  const hexes = ['', '00', 'ff', '0000', 'ffff', '82e1', 'e58294f2e9a227486e8b061b31cc528fd7fa3f19'];
  const accepted = hexes.map((hex) => ({
    hex,
    words: words(Uint8Array.from(Buffer.from(hex, 'hex'))).join(' '),
  }));
  return [
    ...accepted,
    {
      note: 'other case, other white space',
      words: '  TOPMOST\n istanbul\tpluto ',
      hex: 'e58294',
      reformatted: true,
    },
    { note: 'first word missing', words: 'Istanbul Pluto', code: 'words/wrong-list', word: 0 },
    { note: 'a word said twice', words: 'topmost topmost Istanbul', code: 'words/wrong-list', word: 1 },
    { note: 'two words exchanged', words: 'topmost Pluto Istanbul', code: 'words/wrong-list', word: 1 },
    { note: 'misheard', words: 'topmost Istanbul Plato', code: 'words/unknown', word: 2 },
  ];
}

function pem(label: string, der: Uint8Array): string {
  return `-----BEGIN ${label}-----\n${toBase64(der)}\n-----END ${label}-----\n`;
}

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  return bytes.map((byte, index) => (index === at ? value : byte));
}

function pemVectors(): object[] {
  const seed = seedOf('pem');
  const der = encodePkcs8(seed);
  const good = pem('PRIVATE KEY', der);
  const refuse = (note: string, text: string, code: string): object => ({ note, pem: text, code });
  return [
    { note: 'as written', pem: good, seed: toHex(seed) },
    { note: 'without the last line feed', pem: good.slice(0, -1), seed: toHex(seed) },
    refuse('traditional EC key', pem('EC PRIVATE KEY', der), 'pem/label'),
    refuse('encrypted by PKCS#8 itself', pem('ENCRYPTED PRIVATE KEY', der), 'pem/label'),
    refuse('a public key', pem('PUBLIC KEY', der), 'pem/label'),
    refuse('empty', '', 'pem/shape'),
    refuse('carriage returns', good.replaceAll('\n', '\r\n'), 'pem/shape'),
    refuse('text before', `# mine\n${good}`, 'pem/shape'),
    refuse('two keys', good + good, 'pem/shape'),
    refuse('two lines of base64', good.replace(/(\n.{32})/, '$1\n'), 'pem/shape'),
    refuse(
      'a longer key (version 2 with the public key)',
      pem('PRIVATE KEY', concatBytes(der, der)),
      'pem/shape',
    ),
    refuse('Ed448', pem('PRIVATE KEY', changed(der, 11, 0x71)), 'pkcs8/algorithm'),
    refuse('X25519', pem('PRIVATE KEY', changed(der, 11, 0x6e)), 'pkcs8/algorithm'),
    refuse('version 1', pem('PRIVATE KEY', changed(der, 4, 1)), 'pkcs8/shape'),
    refuse('inner octet string of 31 bytes', pem('PRIVATE KEY', changed(der, 15, 31)), 'pkcs8/shape'),
  ];
}

function publicKeyVectors(): object[] {
  const line = formatPublicKeyLine(keyOf('ada'));
  const [, key = ''] = line.split(' ');
  const refuse = (note: string, text: string, code: string): object => ({ note, text, code });
  const weak = (bytes: Uint8Array): string => `cspub1 ${toBase64Url(bytes)} ada`;
  const identity = changed(new Uint8Array(32), 0, 1);
  return [
    { note: 'as written', text: `${line}\n`, key: toHex(keyOf('ada').key), name: 'ada' },
    { note: 'without the line feed', text: line, key: toHex(keyOf('ada').key), name: 'ada' },
    refuse('a later version', line.replace('cspub1', 'cspub2'), 'cspub/version'),
    refuse('empty', '', 'cspub/shape'),
    refuse('carriage return', `${line}\r\n`, 'cspub/shape'),
    refuse('two line feeds', `${line}\n\n`, 'cspub/shape'),
    refuse('two lines', `${line}\n${line}\n`, 'cspub/shape'),
    refuse('two spaces', line.replace(' ', '  '), 'cspub/shape'),
    refuse('a tab', line.replace(' ', '\t'), 'cspub/shape'),
    refuse('leading space', ` ${line}`, 'cspub/shape'),
    refuse('42 characters', line.replace(key, key.slice(1)), 'cspub/shape'),
    refuse('padded base64', line.replace(key, `${key}=`), 'cspub/shape'),
    refuse('the other base64 alphabet', line.replace(key, `+${key.slice(1)}`), 'cspub/shape'),
    refuse('no name', `cspub1 ${key} `, 'cspub/name'),
    refuse('trailing space', `${line} `, 'cspub/name'),
    refuse('capitals', line.replace(' ada', ' Ada'), 'cspub/name'),
    refuse('a look-alike letter', line.replace(' ada', ' ad\u0430'), 'cspub/name'),
    refuse('a bidirectional control', line.replace(' ada', ' ada\u202e'), 'cspub/name'),
    refuse('65 characters', line.replace(' ada', ` ${'a'.repeat(65)}`), 'cspub/name'),
    refuse('begins with a dot', line.replace(' ada', ' .ada'), 'cspub/name'),
    refuse('unused bits set', line.replace(key, `${'A'.repeat(42)}B`), 'cspub/key-text'),
    refuse('the identity point', weak(identity), 'key/small-order'),
    refuse('above the field prime', weak(new Uint8Array(32).fill(255)), 'key/not-canonical'),
    refuse('not on the curve', weak(changed(new Uint8Array(32), 0, 2)), 'key/not-on-curve'),
  ];
}

function rootVectors(): object[] {
  const names = ['root-1', 'root-2', 'root-3'];
  const root = { threshold: 2, keys: names.map(keyOf) };
  const good = formatRootFile(root);
  const keys = good.split('\n').slice(1, -1);
  const single = formatPublicKeyLine(keyOf('root-1'));
  const sorted = [...root.keys].sort((a, b) => Buffer.compare(a.key, b.key)).map(({ name }) => name);
  const refuse = (note: string, text: string, code: string, line?: number): object => ({
    note,
    text,
    code,
    line,
  });
  const many = Array.from({ length: 33 }, (_, at) => formatPublicKeyLine(keyOf(`r${at}`)));
  return [
    { note: 'as written', text: good, threshold: 2, names: sorted },
    {
      note: 'any order',
      text: ['countersign-root 2-of-3', ...keys.toReversed(), ''].join('\n'),
      threshold: 2,
      names: sorted,
    },
    { note: 'no last line feed', text: good.slice(0, -1), threshold: 2, names: sorted },
    { note: 'one public key line is 1-of-1', text: `${single}\n`, threshold: 1, names: ['root-1'] },
    {
      note: 'one key written in full',
      text: `countersign-root 1-of-1\n${single}\n`,
      threshold: 1,
      names: ['root-1'],
    },
    refuse('too large', `${good}${' '.repeat(8192)}`, 'root/too-large'),
    refuse('empty', '', 'root/header', 1),
    refuse('no header', `${keys.join('\n')}\n`, 'root/header', 1),
    refuse('a comment', good.replace('\n', ' # ours\n'), 'root/header', 1),
    refuse('carriage returns', good.replaceAll('\n', '\r\n'), 'root/header', 1),
    refuse('leading zero', good.replace('2-of', '02-of'), 'root/header', 1),
    refuse('threshold 0', good.replace('2-of', '0-of'), 'root/header', 1),
    refuse('threshold above the keys', good.replace('2-of', '4-of'), 'root/threshold'),
    refuse('a key missing', good.replace(`${keys[1] ?? ''}\n`, ''), 'root/key-count'),
    refuse('a key too many', `${good}${formatPublicKeyLine(keyOf('root-4'))}\n`, 'root/key-count'),
    refuse('an empty line', `${good}\n`, 'root/key-count'),
    refuse('33 keys', `countersign-root 1-of-33\n${many.join('\n')}\n`, 'root/key-count'),
    refuse(
      'one key under two names',
      good.replace(keys[0] ?? '', (keys[1] ?? '').replace(/ [^ ]+$/, ' other')),
      'root/duplicate-key',
    ),
    refuse('two keys of one name', good.replace(/ root-2\n/, ' root-1\n'), 'root/duplicate-name'),
    refuse('a bad line', good.replace(keys[2] ?? '', 'cspub1 what'), 'cspub/shape', 4),
    refuse('a bad single line', 'cspub1 what', 'cspub/shape', 1),
    refuse(
      'a later version of a key',
      good.replace(keys[0] ?? '', (keys[0] ?? '').replace('cspub1', 'cspub9')),
      'cspub/version',
      2,
    ),
  ];
}

const options = { passphrase, random: (length: number) => new Uint8Array(randomBytes(length)) };

/** Returns the Latin-1 text of an age file, so that a case can change it as text. */
async function encrypted(plain: Uint8Array): Promise<string> {
  return Buffer.from(await encryptFile(plain, options, workFactor)).toString('latin1');
}

function file(note: string, text: string, facts: object): object {
  return { note, file: Buffer.from(text, 'latin1').toString('base64'), passphrase, ...facts };
}

/** A refusal that only the right passphrase or scrypt brings to light. */
function refuse(note: string, text: string, code: string): object {
  return file(note, text, { code });
}

/** A refusal before a passphrase is asked for. */
function early(note: string, text: string, code: string): object {
  return file(note, text, { code, beforePassphrase: true });
}

function withFactor(latin: string, text: string): string {
  return latin.replace(` ${workFactor}\n`, ` ${text}\n`);
}

function headerVectors(latin: string): object[] {
  const [version = '', stanza = '', wrapped = '', mac = ''] = latin.split('\n');
  const salt = stanza.split(' ')[2] ?? '';
  return [
    early('a later version', latin.replace('/v1', '/v2'), 'keyfile/version'),
    early('for an X25519 recipient', latin.replace('-> scrypt', '-> X25519'), 'keyfile/recipient'),
    early(
      'two passphrases',
      [version, stanza, wrapped, stanza, wrapped, mac].join('\n'),
      'keyfile/recipient',
    ),
    early(
      'a greased second stanza',
      [version, stanza, wrapped, '-> x-grease foo', '', mac].join('\n'),
      'keyfile/recipient',
    ),
    early('work factor 21', withFactor(latin, '21'), 'keyfile/work-factor'),
    early('work factor 31', withFactor(latin, '31'), 'keyfile/work-factor'),
    early('work factor 63', withFactor(latin, '63'), 'keyfile/work-factor'),
    early('work factor of 20 digits', withFactor(latin, '99999999999999999999'), 'keyfile/work-factor'),
    early('work factor 0', withFactor(latin, '0'), 'keyfile/work-factor'),
    early('work factor with a leading zero', withFactor(latin, '04'), 'keyfile/work-factor'),
    early('work factor below zero', withFactor(latin, '-4'), 'keyfile/header'),
    early('work factor in hex', withFactor(latin, '0x4'), 'keyfile/header'),
    early('no work factor', latin.replace(` ${workFactor}\n`, '\n'), 'keyfile/header'),
    early('a fourth argument', withFactor(latin, `${workFactor} x`), 'keyfile/header'),
    early('a short salt', latin.replace(salt, salt.slice(1)), 'keyfile/header'),
    early('a padded salt', latin.replace(salt, `${salt}==`), 'keyfile/header'),
    early('a salt with unused bits set', latin.replace(salt, `${'A'.repeat(21)}B`), 'keyfile/header'),
    early('a short wrapped key', latin.replace(wrapped, wrapped.slice(1)), 'keyfile/header'),
    early(
      'a wrapped key with unused bits set',
      latin.replace(wrapped, `${'A'.repeat(42)}B`),
      'keyfile/header',
    ),
    early('no MAC', latin.replace(mac, '---'), 'keyfile/header'),
    early('a byte that is not ASCII', latin.replace('scrypt', 'scr\u00ffpt'), 'keyfile/header'),
    early('carriage returns', latin.replaceAll('\n', '\r\n'), 'keyfile/version'),
    early('a line without an end', `${version}\n${'-> scrypt '.padEnd(300, 'A')}`, 'keyfile/header'),
    early('cut inside the header', latin.slice(0, 60), 'keyfile/truncated'),
  ];
}

async function keyFileVectors(): Promise<object[]> {
  const seed = seedOf('key file');
  const latin = await encrypted(encodePem(seed));
  const salt = latin.split(' ')[2] ?? '';
  const clear = Buffer.from(encodePem(seed)).toString('latin1');
  const macAt = latin.indexOf('--- ') + 4;
  const flipped = (at: number): string =>
    latin.slice(0, at) + (latin[at] === 'A' ? 'B' : 'A') + latin.slice(at + 1);
  return [
    ...headerVectors(latin),
    file('as written', latin, { seed: toHex(seed) }),
    file('in the clear, allowed', clear, { seed: toHex(seed), allowUnencrypted: true }),
    early('in the clear, not allowed', clear, 'keyfile/unencrypted'),
    { ...refuse('another passphrase', latin, 'passphrase/wrong'), passphrase: 'a quiet lake at moon' },
    refuse(
      'the salt changed',
      latin.replace(salt, salt.startsWith('A') ? `B${salt.slice(1)}` : `A${salt.slice(1)}`),
      'passphrase/wrong',
    ),
    refuse('the work factor changed', withFactor(latin, '5'), 'passphrase/wrong'),
    early('empty', '', 'keyfile/form'),
    early('something else', 'PK\u0003\u0004', 'keyfile/form'),
    early('too large', latin + '\0'.repeat(4096), 'keyfile/too-large'),
    early(
      'text form of age',
      '-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n',
      'keyfile/armoured',
    ),
    refuse('the MAC changed', flipped(macAt), 'keyfile/header-modified'),
    refuse('cut after the header', latin.slice(0, macAt + 44), 'keyfile/payload-modified'),
    refuse('cut inside the nonce', latin.slice(0, macAt + 50), 'keyfile/payload-modified'),
    refuse('the last byte missing', latin.slice(0, -1), 'keyfile/payload-modified'),
    refuse('a byte more', `${latin}\0`, 'keyfile/payload-modified'),
    refuse('the payload changed', flipped(latin.length - 20), 'keyfile/payload-modified'),
    refuse('no PEM inside', await encrypted(utf8('hello')), 'pem/shape'),
    refuse(
      'another key inside',
      await encrypted(utf8(pem('RSA PRIVATE KEY', encodePkcs8(seed)))),
      'pem/label',
    ),
    refuse('nothing inside', await encrypted(utf8('')), 'pem/shape'),
  ];
}

function passphraseVectors(): object[] {
  const refuse = (text: string, code: string): object => ({ passphrase: text, verdict: 'refused', code });
  return [
    { passphrase: 'countersign-demo', verdict: 'strong' },
    { passphrase: 'a quiet lake at noon', verdict: 'strong' },
    { passphrase: 'ein stiller See', verdict: 'strong' },
    { passphrase: '748105937264', verdict: 'fair' },
    refuse('', 'passphrase/too-short'),
    refuse('Tr0ub4dor&3', 'passphrase/too-short'),
    refuse('🔑🔑🔑🔑🔑🔑', 'passphrase/too-short'),
    refuse('Password1234', 'passphrase/common'),
    refuse('correct horse battery staple', 'passphrase/common'),
    refuse('Qwertyuiop12', 'passphrase/common'),
    refuse('aaaaaaaaaaaa', 'passphrase/common'),
    refuse('zzzzzzzzzzzz', 'passphrase/repetitive'),
    refuse('123456789012', 'passphrase/repetitive'),
    refuse('xyxyxyxyxyxy', 'passphrase/repetitive'),
    refuse('bcdefghijklmnop', 'passphrase/repetitive'),
  ];
}

mkdirSync(directory, { recursive: true });
write(
  'words',
  'bytes as PGP words and back; refused texts carry a code and the place of the word',
  wordVectors(),
);
write('pem', 'private keys in the clear; accepted ones carry the seed in hex', pemVectors());
write('public-keys', '.cspub files; accepted ones carry key and name', publicKeyVectors());
write('roots', 'root files; accepted ones carry threshold and the names ascending by key', rootVectors());
write(
  'key-files',
  '.cskey files in base64 with scrypt N = 16; refused ones carry a code, and whether it is known before a passphrase is asked for',
  await keyFileVectors(),
);
write('passphrases', 'what a new key may be locked with', passphraseVectors());
