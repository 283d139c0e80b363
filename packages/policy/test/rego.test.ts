import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  PolicyError,
  REGO_INPUT_BYTES_MAX,
  loadPolicy,
  policyDigest,
  readRegoReply,
  readRegoResults,
  regoDocument,
  regoFailure,
  regoSourcesFile,
  regoVerdict,
  starterPolicyFiles,
  stricter,
} from '@countersign/policy';
import type { PolicyInput, RegoDocument, RegoSource, Verdict } from '@countersign/policy';
import { inputOf } from './inputs.ts';
import type { Given } from './inputs.ts';

function vectorsIn(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../test/vectors/policy/${name}`, import.meta.url), 'utf8'));
}

const answers = vectorsIn('rego-answers.json') as {
  count: number;
  vectors: {
    why: string;
    text: string;
    code?: string;
    decision?: string;
    quorum?: unknown;
    tolerance?: unknown;
  }[];
};
const policy = loadPolicy(starterPolicyFiles);
const inputs = vectorsIn('rego-input.json') as {
  count: number;
  vectors: (Given & { why: string; document: unknown })[];
};

function documentOf(input: PolicyInput): RegoDocument {
  const document = regoDocument(policy, input);
  if (document.type === 'failed') throw new Error(document.message);
  return document;
}

test('the vectors are all there', () => {
  expect(answers.vectors.length).toBe(answers.count);
  expect(answers.count).toBe(65);
  expect(inputs.vectors.length).toBe(inputs.count);
  expect(inputs.count).toBe(4);
});

describe('an answer', () => {
  test.each(answers.vectors)('$why', ({ text, code, decision, quorum, tolerance }) => {
    const outcome = readRegoResults(text);
    if (code !== undefined) {
      expect(outcome).toMatchObject({ type: 'failed', code });
      return;
    }
    expect(outcome).toMatchObject({ type: 'answered', decision, quorum });
    if (tolerance !== undefined) expect(outcome).toMatchObject({ tolerance });
  });

  test('is the same in the body of a reply', () => {
    for (const { text, code } of answers.vectors) {
      const [only, ...more] = text.startsWith('[{') && code !== 'rego/answer-syntax' ? listOf(text) : [];
      if (only === undefined || more.length > 0) continue;
      expect(readRegoReply(JSON.stringify(only))).toEqual(readRegoResults(text));
    }
    expect(readRegoReply('{}')).toMatchObject({ code: 'rego/undefined' });
    expect(readRegoReply('[]')).toMatchObject({ code: 'rego/answer-shape' });
    expect(readRegoReply('{"result"')).toMatchObject({ code: 'rego/answer-syntax' });
  });

  test('that is none denies by its code, and pends while the rows are unknown', () => {
    const outcome = regoFailure('rego/timeout', 'no answer within 2 s');
    const first = regoVerdict(outcome, { policyDigest: new Uint8Array(32), final: false });
    expect(first).toMatchObject({
      decision: 'deny',
      rules: ['rego:no-answer'],
      reason: 'rego/timeout: no answer within 2 s',
      quorum: [],
      pending: ['rego'],
    });
    expect(regoVerdict(outcome, { policyDigest: new Uint8Array(32), final: true }).pending).toEqual([]);
  });
});

function listOf(text: string): readonly unknown[] {
  return JSON.parse(text) as unknown[];
}

describe('beside the YAML policy', () => {
  const digest = new Uint8Array(32);
  const saying = (answer: object): Verdict =>
    regoVerdict(readRegoReply(JSON.stringify({ result: { rules: ['r'], reason: 'because', ...answer } })), {
      policyDigest: digest,
      final: true,
    });
  const quorum = (...roles: readonly string[]): object => ({
    decision: 'require',
    quorum: roles.map((role) => ({ role, count: 1 })),
  });

  test('an allowance lets nothing through that the other holds back', () => {
    const held = saying(quorum('dba'));
    expect(stricter(saying({ decision: 'allow' }), held)).toMatchObject({
      decision: 'require',
      quorum: held.quorum,
    });
    expect(stricter(saying({ decision: 'allow' }), saying({ decision: 'deny' })).decision).toBe('deny');
  });

  test('quorums that have no room in one deny', () => {
    const four = ['a', 'b', 'c', 'd'];
    const eight = stricter(saying(quorum(...four)), saying(quorum('e', 'f', 'g', 'h')));
    expect(eight).toMatchObject({ decision: 'require' });
    expect(eight.quorum.flat().length).toBe(8);
    const nine = stricter(eight, saying(quorum('i')));
    expect(nine).toMatchObject({ decision: 'deny', rules: ['quorum'], quorum: [] });
    expect(nine.reason).toMatch(/^policy\/too-many-roles: /);
    expect(nine.matched).toContainEqual(expect.objectContaining({ rule: 'quorum', effect: 'deny' }));
    expect(stricter(saying(quorum('i')), eight)).toEqual(nine);
  });
});

describe('the input document', () => {
  test.each(inputs.vectors)('$why', (vector) => {
    expect(JSON.parse(documentOf(inputOf(vector)).text)).toEqual(vector.document);
  });

  test('has the same subject at another moment, and another digest', () => {
    const input = inputOf({ sql: 'DELETE FROM t WHERE id = 1' });
    const early = documentOf(input);
    const late = documentOf({ ...input, time: { ...input.time, unix: input.time.unix + 1 } });
    expect(late.subject).toBe(early.subject);
    expect(late.digest).not.toBe(early.digest);
    expect(documentOf({ ...input, reason: 'another' }).subject).not.toBe(early.subject);
  });

  test('is refused when JSON would carry something else', () => {
    const input = inputOf({ sql: 'SELECT 1' });
    expect(regoDocument(policy, { ...input, reason: '\ud800' })).toMatchObject({ code: 'rego/input' });
    const time = { ...input.time, unix: 2 ** 53 };
    expect(regoDocument(policy, { ...input, time })).toMatchObject({ code: 'rego/input' });
  });

  test('is refused when it is too large', () => {
    const reason = 'x'.repeat(REGO_INPUT_BYTES_MAX);
    expect(regoDocument(policy, { ...inputOf({ sql: 'SELECT 1' }), reason })).toMatchObject({
      code: 'rego/input-too-large',
    });
  });

  test('has tags where they are known', () => {
    const text =
      'version: 1\ndefault: { require: { dba: 1 } }\ntags: { demo: { target: [pci], tables: { main.t: [money] } } }\n';
    const tagged = regoDocument(loadPolicy([{ path: 'a.yaml', text }]), inputOf({ sql: 'SELECT a FROM t' }));
    expect(JSON.parse(tagged.type === 'document' ? tagged.text : '')).toMatchObject({
      tags: { read: ['money'], written: [] },
      target: { tags: ['prod', 'pci'] },
    });
    expect(documentOf(inputOf({ sql: 'SELECT a FROM t' })).text).not.toContain('"tags":{');
  });

  test('keeps a context of any name', () => {
    const context = [['__proto__', 'a']] as const;
    expect(documentOf({ ...inputOf({ sql: 'SELECT 1' }), context }).text).toContain('{"__proto__":"a"}');
  });
});

describe('the file of the sources', () => {
  const sources = new Map<string, RegoSource>([
    ['shop', { mode: 'server', url: 'http://127.0.0.1:8181/v1/data/countersign/verdict' }],
    ['demo', { mode: 'wasm', bundle: 'ab'.repeat(32), entrypoint: 'countersign/verdict' }],
  ]);

  test('is read back by the policy, and part of its digest', () => {
    const file = regoSourcesFile(sources);
    if (file === undefined) throw new Error('no file');
    const files = [...starterPolicyFiles, file];
    const policy = loadPolicy(files);
    expect(policy.rego).toEqual(sources);
    expect(policy.digest).toEqual(policyDigest(files));
    expect(policy.digest).not.toEqual(loadPolicy(starterPolicyFiles).digest);
    expect(policy.rules.length).toBe(loadPolicy(starterPolicyFiles).rules.length);
  });

  test('depends on nothing but the sources', () => {
    expect(regoSourcesFile(new Map([...sources].reverse()))).toEqual(regoSourcesFile(sources));
    expect(regoSourcesFile(new Map())).toBeUndefined();
  });

  test.each([
    ['a rule', 'version: 1\nrego: {}\nrules: []\n', 'policy/unknown-key'],
    ['another version', 'version: 2\nrego: {}\n', 'policy/version'],
    ['no sources', 'version: 1\n', 'policy/missing-key'],
    ['another mode', 'version: 1\nrego: { demo: { mode: wat } }\n', 'policy/type'],
    ['no bundle', 'version: 1\nrego: { demo: { mode: wasm, entrypoint: a } }\n', 'policy/missing-key'],
    ['no hash', 'version: 1\nrego: { demo: { mode: wasm, bundle: ab, entrypoint: a } }\n', 'policy/type'],
    [
      'both modes',
      'version: 1\nrego: { demo: { mode: server, url: "http://x", bundle: ab } }\n',
      'policy/unknown-key',
    ],
  ])('with %s is refused', (_, text, code) => {
    const files = [...starterPolicyFiles, { path: 'rego/targets.yaml', text }];
    expect(() => loadPolicy(files)).toThrow(expect.objectContaining({ name: PolicyError.name, code }));
  });
});
