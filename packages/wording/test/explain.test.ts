import type { CodecErrorCode } from '@countersign/codec';
import type { DiffErrorCode } from '@countersign/diff';
import type { FrameErrorCode } from '@countersign/frames';
import type { KeysErrorCode } from '@countersign/keys';
import type { MerkleErrorCode } from '@countersign/merkle';
import { decisionCodes, messageErrorCodes, reviewWarningCodes } from '@countersign/messages';
import { HAZARD_CODES, type SqlErrorCode } from '@countersign/sql';
import { expect, test } from 'vitest';
import { explain, warningTexts, WordingError, type WordingErrorCode } from '../src/index.ts';

const frameCodes: Record<FrameErrorCode, true> = {
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

// These rooms have words for each first part of their codes; the compiler says when one is missing here.
type FirstPart<Code extends string> = Code extends `${infer First}/${string}` ? First : never;
type Foundation = CodecErrorCode | DiffErrorCode | KeysErrorCode | MerkleErrorCode | SqlErrorCode;

const firstParts: Record<FirstPart<Foundation>, true> = {
  cbor: true,
  cose: true,
  schema: true,
  encode: true,
  text: true,
  signature: true,
  key: true,
  diff: true,
  undo: true,
  sql: true,
  merkle: true,
  checkpoint: true,
  pkcs8: true,
  pem: true,
  keyfile: true,
  passphrase: true,
  cspub: true,
  root: true,
  words: true,
  random: true,
};

test.each([
  ['decision', decisionCodes],
  ['message', messageErrorCodes],
  ['foundation', Object.keys(firstParts).map((part) => `${part}/anything`)],
  ['frame', Object.keys(frameCodes)],
  ['hazard', HAZARD_CODES.map((code) => `hazard/${code}`)],
  ['review warning', reviewWarningCodes],
  ['warning', Object.keys(warningTexts)],
  [
    'key',
    [
      'keyfile/work-factor',
      'keyfile/form',
      'passphrase/wrong',
      'cspub/shape',
      'root/header',
      'words/unknown',
    ],
  ],
  ['own', ['duration/syntax', 'time/range'] satisfies WordingErrorCode[]],
])('every %s code has a sentence and a next step', (_, codes) => {
  expect(codes.length).toBeGreaterThan(1);
  for (const code of codes) {
    const { sentence, next } = explain(code);
    expect(sentence).toMatch(/^[A-Z].*[.]$/u);
    expect(next).toMatch(/^[A-Z].*[.]$/u);
  }
});

test('each refusal of a decision has words of its own', () => {
  const sentences = decisionCodes.map((code) => explain(code).sentence);
  expect(new Set(sentences).size).toBe(sentences.length);
});

test('a code without words is an error and not an empty text', () => {
  for (const code of ['', 'nonsense', 'nonsense/x', 'constructor', '__proto__/x']) {
    expect(() => explain(code)).toThrow(WordingError);
    expect(() => explain(code)).toThrow(expect.objectContaining({ code: 'explain/unknown-code' }) as Error);
  }
});
