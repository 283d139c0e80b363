import { readFileSync } from 'node:fs';
import { CodecError, decodeWith, encodeWith, fromHex, toHex, type RecordType } from '@countersign/codec';
import { describe, expect, it } from 'vitest';
import {
  checkConditions,
  decodeEntry,
  effectiveConditions,
  encodeEntry,
  entryTypes,
  executorKeys,
  MessageError,
  messageErrorCodes,
  personKeys,
  quote,
  signDecision,
  signReceipt,
  signRequest,
  signSubmission,
  verifyDecision,
  verifyReceipt,
  verifyRequest,
  verifySubmission,
} from '@countersign/messages';
import { brokenCases, receipt, schemas, validCases } from './record-cases.ts';
import {
  chain,
  domain,
  hash,
  id,
  makeDecision,
  makeRequest,
  request,
  requestBytes,
  signer,
  submission,
  t0,
  verifier,
} from './scene.ts';
import { vectorFiles } from './vector-files.ts';

function errorCode(run: () => unknown): string | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof CodecError || error instanceof MessageError) return error.code;
    throw error;
  }
}

const stored = new Map(
  [...vectorFiles().keys()].map((name) => [
    name,
    readFileSync(new URL(`../../../test/vectors/messages/${name}`, import.meta.url), 'utf8'),
  ]),
);

interface StoredRecord {
  readonly name: string;
  readonly type: string;
  readonly payload: string;
  readonly code: string | null;
}

describe('the stored vectors', () => {
  it.each([...vectorFiles()])('%s is what the cases make', (name, text) => {
    expect(stored.get(name) === text).toBe(true);
  });

  const records = (
    JSON.parse(stored.get('records.json') ?? '') as { readonly cases: readonly StoredRecord[] }
  ).cases;

  it('are all there', () => {
    const counts = [...stored].map(([name, text]) => [
      name,
      (JSON.parse(text) as { cases: unknown[] }).cases.length,
    ]);
    expect(Object.fromEntries(counts)).toEqual({
      'records.json': 66,
      'rosters.json': 59,
      'decisions.json': 86,
      'bundles.json': 72,
    });
  });

  it.each(records.map((each) => [each.type, each.name, each] as const))('%s: %s', (type, _name, each) => {
    const schema = schemas[type];
    if (schema === undefined) throw new Error('no schema');
    const payload = fromHex(each.payload);
    const limits = { bytesMax: 8_388_608 };
    expect(errorCode(() => decodeWith(schema, payload, limits))).toBe(each.code);
    if (each.code === null)
      expect(toHex(encodeWith(schema, decodeWith(schema, payload, limits)))).toBe(each.payload);
  });
});

describe('records', () => {
  it.each(validCases.map((each) => [each.name, each] as const))(
    '%s reads back as it was written',
    (_name, each) => {
      const schema = schemas[each.type];
      if (schema === undefined) throw new Error('no schema');
      expect(decodeWith(schema, each.payload)).toEqual(each.item);
    },
  );

  it('break each rule of messages once', () => {
    const hit = new Set<string | null>([...brokenCases.map((each) => each.code), 'message/domain-mismatch']);
    for (const code of messageErrorCodes.filter((each) => each.startsWith('message/')))
      expect(hit).toContain(code);
  });

  it('number every type of entry as the ledger does', () => {
    for (const [number, type] of entryTypes.entries()) {
      const entry = {
        version: 1,
        type,
        index: 0,
        madeAt: t0,
        previous: hash('a'),
        bodyHash: hash('b'),
      } as const;
      const bytes = encodeEntry(entry);
      expect(bytes[4]).toBe(number);
      expect(decodeEntry(bytes)).toEqual(entry);
    }
  });
});

const persons = { domain, keys: personKeys(chain), verifier };
const executors = { domain, keys: executorKeys(chain), verifier };

describe('signed records', () => {
  const decision = makeDecision();
  const signed = [
    [
      'submission',
      signSubmission(submission, signer('erik')),
      submission,
      (bytes: Uint8Array) => verifySubmission(bytes, persons),
    ],
    ['request', requestBytes, request, (bytes: Uint8Array) => verifyRequest(bytes, executors)],
    [
      'decision',
      signDecision(decision, signer('alice')),
      decision,
      (bytes: Uint8Array) => verifyDecision(bytes, persons),
    ],
    [
      'receipt',
      signReceipt(receipt, signer('executor')),
      receipt,
      (bytes: Uint8Array) => verifyReceipt(bytes, executors),
    ],
  ] as const satisfies readonly (readonly [
    RecordType,
    Uint8Array,
    unknown,
    (bytes: Uint8Array) => unknown,
  ])[];

  it.each(signed)('a %s is verified', (_type, bytes, record, verify) => {
    expect(verify(bytes)).toMatchObject({ record, bytes });
  });

  it.each(
    signed.flatMap(([type, , , verify]) =>
      signed
        .filter(([other]) => other !== type)
        .map(([other, bytes]) => [other, type, bytes, verify] as const),
    ),
  )('a %s is no %s', (_other, _type, bytes, verify) => {
    expect(errorCode(() => verify(bytes))).toBe('cose/record-type');
  });

  it('are refused from another deployment', () => {
    const elsewhere = signRequest(makeRequest({ domain: id('other') }), signer('executor'));
    expect(errorCode(() => verifyRequest(elsewhere, executors))).toBe('message/domain-mismatch');
  });

  it('are refused from a key of the other kind', () => {
    expect(errorCode(() => verifyRequest(signRequest(request, signer('alice')), executors))).toBe(
      'cose/kid-unknown',
    );
    expect(errorCode(() => verifyDecision(signDecision(decision, signer('executor')), persons))).toBe(
      'cose/kid-unknown',
    );
    const other = { ...executors, keys: executorKeys(chain, 'log.example/other') };
    expect(errorCode(() => verifyRequest(requestBytes, other))).toBe('cose/kid-unknown');
  });

  it('are not signed when they break a rule or a limit', () => {
    const long = [{ sql: ' '.repeat(1_000_001), params: [] }];
    expect(errorCode(() => signSubmission({ ...submission, statements: long }, signer('erik')))).toBe(
      'schema/length',
    );
    expect(errorCode(() => signRequest(makeRequest({ runBy: 0 }), signer('executor')))).toBe(
      'message/times-unordered',
    );
  });

  it('a request is refused at every length and at every changed byte', () => {
    for (let length = 0; length < requestBytes.length; length += 1) {
      expect(errorCode(() => verifyRequest(requestBytes.slice(0, length), executors))).toMatch(
        /^(cbor|cose)\//,
      );
    }
    for (const [at, byte] of requestBytes.entries()) {
      const code = errorCode(() => verifyRequest(requestBytes.with(at, byte ^ 0x01), executors));
      expect(code).toMatch(/^(cbor|cose|signature)\//);
    }
  });
});

describe('conditions', () => {
  it('are the narrowest of the request and of all approvals', () => {
    expect(effectiveConditions(request, [])).toEqual({
      notBefore: t0,
      notAfter: t0 + 7200,
      rowsMax: Number.MAX_SAFE_INTEGER,
      runBy: t0 + 7200,
    });
    const given = [
      { notBefore: t0 + 10 },
      undefined,
      { notBefore: t0 + 20, notAfter: t0 + 90, rowsMax: 5 },
      { rowsMax: 3, notAfter: t0 + 95 },
    ];
    expect(effectiveConditions(request, given)).toEqual({
      notBefore: t0 + 20,
      notAfter: t0 + 90,
      rowsMax: 3,
      runBy: t0 + 7200,
    });
  });

  const narrow = { notBefore: 20, notAfter: 90, rowsMax: 3, runBy: 100 };
  it.each([
    [19, 3, 'condition/too-early'],
    [20, 3, null],
    [90, 3, null],
    [91, 3, 'condition/too-late'],
    [101, 3, 'condition/run-late'],
    [50, 4, 'condition/too-many-rows'],
  ])('at %i with %i rows: %s', (now, rows, code) => {
    expect(checkConditions(narrow, { now, rows })).toEqual(
      code === null ? { met: true } : { met: false, code },
    );
  });
});

describe('quote', () => {
  it.each([
    ['plain text', '"plain text"'],
    ['a\nb', '"a\\u{a}b"'],
    ['a\u202eb', '"a\\u{202e}b"'],
    ['"', '"\\u{22}"'],
    ['x'.repeat(65), `"${'x'.repeat(64)}"…`],
  ])('%j', (text, shown) => expect(quote(text)).toBe(shown));
});
