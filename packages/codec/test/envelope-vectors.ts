// Makes test/vectors/codec/envelopes.json: one departure from a good envelope in each vector.
import {
  concatBytes,
  encode,
  keyId,
  seedSigner,
  sign1,
  toBeSigned,
  toHex,
  utf8,
  type RecordType,
  type Signer,
  type Value,
} from '../src/index.ts';
import type { EnvelopeVector } from './vectors.ts';

/** The key that the reader of the vectors knows; its seed is 32 bytes of 1. */
export const knownSigner: Signer = seedSigner(new Uint8Array(32).fill(1));
const stranger = seedSigner(new Uint8Array(32).fill(2));
const payload = encode(
  new Map<number, Value>([
    [1, 1],
    [2, 'a record'],
  ]),
);
const kid = keyId(knownSigner.publicKey);
const types: readonly RecordType[] = ['submission', 'request', 'decision', 'receipt', 'roster'];

/** Returns the vectors, the same ones each time. */
export function envelopeVectors(): readonly EnvelopeVector[] {
  return [...accepted(), ...shapes(), ...headers(), ...trust(), ...payloads()];
}

function accepted(): readonly EnvelopeVector[] {
  const detached = sign1({ type: 'roster', payload, signer: knownSigner, detached: true });
  return [
    ...types.map((type) => ({
      name: `a ${type}`,
      type,
      hex: toHex(sign1({ type, payload, signer: knownSigner })),
      payload: toHex(payload),
    })),
    {
      name: 'detached',
      type: 'roster',
      hex: toHex(detached),
      detached: toHex(payload),
      payload: toHex(payload),
    },
    { name: 'algorithm -19', type: 'request', hex: toHex(built({ alg: -19 })), payload: toHex(payload) },
    {
      name: 'empty payload',
      type: 'request',
      hex: toHex(sign1({ type: 'request', payload: new Uint8Array(0), signer: knownSigner })),
      payload: '',
    },
  ];
}

// An envelope signed as it stands, with any part replaced.
function built(over: {
  alg?: Value;
  kid?: Value;
  typ?: Value;
  more?: readonly (readonly [number, Value])[];
  without?: number;
  protectedBytes?: Uint8Array;
  parts?: (parts: readonly Value[]) => readonly Value[];
}): Uint8Array {
  const header = new Map<number, Value>([
    [1, over.alg ?? -8],
    [4, over.kid ?? kid],
    [16, over.typ ?? 'countersign/request;v=1'],
    ...(over.more ?? []),
  ]);
  if (over.without !== undefined) header.delete(over.without);
  const protectedBytes = over.protectedBytes ?? encode(header);
  const signature = knownSigner.sign(toBeSigned(protectedBytes, payload));
  const parts: readonly Value[] = [protectedBytes, new Map(), payload, signature];
  return concatBytes(Uint8Array.of(0xd2), encode((over.parts ?? same)(parts)));
}

function same(parts: readonly Value[]): readonly Value[] {
  return parts;
}

function replaced(index: number, value: Value): Uint8Array {
  return built({ parts: (parts) => parts.map((part, i) => (i === index ? value : part)) });
}

function refused(
  name: string,
  code: string,
  bytes: Uint8Array,
  type: RecordType = 'request',
): EnvelopeVector {
  return { name, type, hex: toHex(bytes), code };
}

function shapes(): readonly EnvelopeVector[] {
  const good = built({});
  const tagged = (tag: readonly number[]): Uint8Array => concatBytes(Uint8Array.from(tag), good.subarray(1));
  return [
    refused('no tag', 'cose/untagged', good.subarray(1)),
    refused('tag 17 (COSE_Mac0)', 'cose/untagged', tagged([0xd1])),
    refused('tag 98 (COSE_Sign)', 'cose/untagged', tagged([0xd8, 98])),
    refused('tag 18 in two bytes', 'cose/untagged', tagged([0xd8, 18])),
    refused('tag 18 twice', 'cbor/tag', tagged([0xd2, 0xd2])),
    refused('tag 61 (CWT) in front', 'cose/untagged', tagged([0xd8, 61, 0xd2])),
    refused('no bytes', 'cbor/truncated', new Uint8Array(0)),
    refused('tag alone', 'cbor/truncated', Uint8Array.of(0xd2)),
    refused('a byte after it', 'cbor/trailing-bytes', concatBytes(good, Uint8Array.of(0))),
    refused('array of three', 'cose/shape', built({ parts: (parts) => parts.slice(0, 3) })),
    refused('array of five', 'cose/shape', built({ parts: (parts) => [...parts, null] })),
    refused('a map', 'cose/shape', Uint8Array.of(0xd2, 0xa0)),
    refused('array of indefinite length', 'cbor/indefinite-length', Uint8Array.of(0xd2, 0x9f, 0xff)),
  ];
}

function headers(): readonly EnvelopeVector[] {
  const raw = (hexBytes: readonly number[]): Uint8Array =>
    built({ protectedBytes: Uint8Array.from(hexBytes) });
  return [
    refused('protected header as a map', 'cose/protected', replaced(0, new Map([[1, -8]]))),
    refused('protected header empty', 'cbor/truncated', raw([])),
    refused('protected header an array', 'cose/protected', raw([0x80])),
    refused('protected header an empty map', 'cose/header-missing', raw([0xa0])),
    refused('algorithm twice', 'cbor/key-duplicate', raw([0xa2, 1, 0x27, 1, 0x27])),
    refused('labels descending', 'cbor/key-order', raw([0xa2, 4, 0x40, 1, 0x27])),
    refused('text label', 'cbor/key-type', raw([0xa1, 0x61, 0x61, 0])),
    refused('negative label', 'cbor/key-range', raw([0xa1, 0x20, 0])),
    refused('bytes after the header', 'cbor/trailing-bytes', raw([0xa0, 0])),
    refused('no alg', 'cose/header-missing', built({ without: 1 })),
    refused('no kid', 'cose/header-missing', built({ without: 4 })),
    refused('no typ', 'cose/header-missing', built({ without: 16 })),
    refused('crit', 'cose/header-unknown', built({ more: [[2, [1]]] })),
    refused('content type', 'cose/header-unknown', built({ more: [[3, 0]] })),
    refused('IV', 'cose/header-unknown', built({ more: [[5, new Uint8Array(8)]] })),
    refused('ES256', 'cose/alg', built({ alg: -7 })),
    refused('HMAC', 'cose/alg', built({ alg: 5 })),
    refused('alg as text', 'cose/alg', built({ alg: 'EdDSA' })),
    refused('Ed448 (-53)', 'cose/alg', built({ alg: -53 })),
    refused('kid of 31 bytes', 'cose/kid', built({ kid: kid.subarray(1) })),
    refused('kid as text', 'cose/kid', built({ kid: toHex(kid) })),
    refused('typ a number', 'cose/typ', built({ typ: 1 })),
    refused('typ of another system', 'cose/typ', built({ typ: 'application/cose' })),
    refused('typ of a record that does not exist', 'cose/typ', built({ typ: 'countersign/wish;v=1' })),
    refused('typ without a version', 'cose/typ', built({ typ: 'countersign/request' })),
    refused('typ with a space', 'cose/typ', built({ typ: 'countersign/request; v=1' })),
    refused('typ in capitals', 'cose/typ', built({ typ: 'countersign/Request;v=1' })),
    refused('version 2', 'cose/version', built({ typ: 'countersign/request;v=2' })),
    refused('version 0', 'cose/version', built({ typ: 'countersign/request;v=0' })),
    refused('unprotected alg', 'cose/unprotected', replaced(1, new Map([[1, -8]]))),
    refused('unprotected kid', 'cose/unprotected', replaced(1, new Map([[4, kid]]))),
    refused('unprotected null', 'cose/unprotected', replaced(1, null)),
    refused('unprotected an empty byte string', 'cose/unprotected', replaced(1, new Uint8Array(0))),
  ];
}

function trust(): readonly EnvelopeVector[] {
  const good = built({});
  const altered = (index: number): Uint8Array =>
    Uint8Array.from(good, (byte, i) => (i === index ? byte ^ 1 : byte));
  const byStranger = sign1({ type: 'request', payload, signer: stranger });
  const asKnown: Signer = {
    publicKey: knownSigner.publicKey,
    sign: (message) => stranger.sign(message),
  };
  return [
    refused(
      'a decision where a request is expected',
      'cose/record-type',
      sign1({ type: 'decision', payload, signer: knownSigner }),
    ),
    refused('a request where a roster is expected', 'cose/record-type', good, 'roster'),
    refused(
      'type before key: a stranger\u2019s decision',
      'cose/record-type',
      sign1({ type: 'decision', payload, signer: stranger }),
    ),
    refused('a stranger\u2019s key', 'cose/kid-unknown', byStranger),
    refused(
      'a stranger under a known kid',
      'signature/invalid',
      sign1({ type: 'request', payload, signer: asKnown }),
    ),
    refused('payload altered', 'signature/invalid', altered(good.length - 70)),
    refused('signature altered', 'signature/invalid', altered(good.length - 40)),
    refused(
      'S of all ones',
      'signature/s-range',
      concatBytes(good.subarray(0, -32), new Uint8Array(32).fill(255)),
    ),
    refused('R of zeros', 'signature/r-small-order', concatBytes(good.subarray(0, -64), new Uint8Array(64))),
    refused('signature over the bare payload', 'signature/invalid', replaced(3, knownSigner.sign(payload))),
    refused('signature with external data', 'signature/invalid', replaced(3, withExternalData())),
    refused('signature of 63 bytes', 'cose/signature', replaced(3, new Uint8Array(63))),
    refused('signature of 65 bytes', 'cose/signature', replaced(3, new Uint8Array(65))),
    refused('signature null', 'cose/signature', replaced(3, null)),
  ];
}

function withExternalData(): Uint8Array {
  const protectedBytes = encode(
    new Map<number, Value>([
      [1, -8],
      [4, kid],
      [16, 'countersign/request;v=1'],
    ]),
  );
  return knownSigner.sign(encode(['Signature1', protectedBytes, utf8('more'), payload]));
}

function payloads(): readonly EnvelopeVector[] {
  const detached = toHex(sign1({ type: 'roster', payload, signer: knownSigner, detached: true }));
  const attached = toHex(sign1({ type: 'roster', payload, signer: knownSigner }));
  return [
    refused('payload a text', 'cose/payload', replaced(2, 'a record')),
    refused('payload a map', 'cose/payload', replaced(2, new Map([[1, 1]]))),
    refused('payload false', 'cose/payload', replaced(2, false)),
    { name: 'detached, none given', type: 'roster', hex: detached, code: 'cose/payload-missing' },
    {
      name: 'attached, one given',
      type: 'roster',
      hex: attached,
      detached: toHex(payload),
      code: 'cose/payload-unexpected',
    },
    {
      name: 'detached, another given',
      type: 'roster',
      hex: detached,
      detached: '00',
      code: 'signature/invalid',
    },
  ];
}
