import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  POLICY_ERROR_CODES,
  PolicyError,
  checkPolicy,
  formatFile,
  loadCases,
  loadPolicy,
  policyDigest,
  starterPolicyFiles,
} from '@countersign/policy';
import type { PolicyFile } from '@countersign/policy';
import { policyOf } from './inputs.ts';

const path = new URL('../../../test/vectors/policy/errors.json', import.meta.url);
const file = JSON.parse(readFileSync(path, 'utf8')) as {
  count: number;
  vectors: {
    code: string;
    read?: 'cases' | 'format';
    files: PolicyFile[];
    line: number | null;
    column: number | null;
    why: string;
  }[];
};

function refusal(
  files: readonly PolicyFile[],
  load: (files: readonly PolicyFile[]) => unknown = loadPolicy,
): PolicyError {
  try {
    load(files);
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
  throw new Error('the policy was accepted');
}

function readerOf(read: 'cases' | 'format' | undefined): (files: readonly PolicyFile[]) => unknown {
  if (read === 'format') return (files) => files.map(formatFile);
  return read === 'cases' ? loadCases : loadPolicy;
}

test('the vectors are all there and hit every code', () => {
  expect(file.vectors.length).toBe(file.count);
  expect(file.count).toBeGreaterThanOrEqual(92);
  expect(new Set(file.vectors.map(({ code }) => code))).toEqual(new Set(POLICY_ERROR_CODES));
});

describe.each(file.vectors)('$code: $why', ({ code, read, files, line, column }) => {
  test('is refused at its place', () => {
    const error = refusal(files, readerOf(read));
    expect(error.code).toBe(code);
    expect(error.message).not.toMatch(/\n/);
    if (line !== null) expect([error.line, error.column]).toEqual([line, column]);
  });
});

test('a file that is too large is refused before it is read', () => {
  expect(refusal([{ path: 'a.yaml', text: '['.repeat(300_000) }]).code).toBe('policy/too-large');
  const many = Array.from({ length: 65 }, (_, index) => ({ path: `f${index}.yaml`, text: 'version: 1' }));
  expect(refusal(many).code).toBe('policy/too-large');
});

describe('the digest', () => {
  test('does not depend on the order of the files', () => {
    expect(policyDigest([...starterPolicyFiles].reverse())).toEqual(policyDigest(starterPolicyFiles));
    expect(loadPolicy(starterPolicyFiles).digest).toEqual(policyDigest(starterPolicyFiles));
  });

  test('changes with every path and every byte', () => {
    const digests = new Set([
      policyDigest([{ path: 'a.yaml', text: 'b' }]).join(),
      policyDigest([{ path: 'a.yaml', text: 'b\n' }]).join(),
      policyDigest([{ path: 'b.yaml', text: 'b' }]).join(),
      policyDigest([
        { path: 'a.yaml', text: 'b' },
        { path: 'b.yaml', text: '' },
      ]).join(),
    ]);
    expect(digests.size).toBe(4);
  });
});

describe('checkPolicy', () => {
  const dba = { name: 'dba', mayApprove: true, people: 3 };

  test('finds nothing in the starter policy when three persons approve', () => {
    expect(checkPolicy(loadPolicy(starterPolicyFiles), [dba])).toEqual([]);
  });

  test('finds roles that cannot be met', () => {
    const codes = (roles: Parameters<typeof checkPolicy>[1]): string[] => [
      ...new Set(checkPolicy(loadPolicy(starterPolicyFiles), roles).map(({ code }) => code)),
    ];
    expect(codes([])).toEqual(['role-unknown']);
    expect(codes([{ ...dba, mayApprove: false }])).toEqual(['role-cannot-approve']);
    expect(codes([{ ...dba, people: 2 }])).toEqual(['role-too-few']);
  });

  test('counts a role over all steps, as each person has one vote', () => {
    const policy = policyOf('version: 1\ndefault: { steps: [{ dba: 2 }, { dba: 2 }] }\n');
    expect(checkPolicy(policy, [dba])).toEqual([
      { code: 'role-too-few', rule: 'default', message: 'role dba is held by 3, 4 are asked for' },
    ]);
  });

  test('finds rules that never decide', () => {
    const text = `version: 1
default: { require: { dba: 1 } }
rules:
  - { name: closed, deny: closed }
  - { name: open, allow: true }
  - { name: never, when: '(false)', deny: x }
`;
    expect(checkPolicy(policyOf(text), [dba]).map(({ code, rule }) => [code, rule])).toEqual([
      ['rule-unreachable', 'open'],
      ['rule-never', 'never'],
    ]);
  });
});
