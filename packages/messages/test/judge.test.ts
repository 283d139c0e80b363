import { equalBytes, sha256 } from '@countersign/codec';
import { describe, expect, it } from 'vitest';
import {
  decisionCodes,
  judgeDecision,
  recount,
  signRequest,
  verifyRosterChain,
  type JudgeContext,
  type Judgement,
  type Request,
} from '@countersign/messages';
import { signedBy, vote, type DecisionCase } from './decision-case.ts';
import { decisionCases } from './decision-cases.ts';
import {
  anchor,
  chain,
  domain,
  hash,
  kid,
  makeRequest,
  makeRoster,
  nextRoster,
  origin,
  persons,
  rosters,
  signedRoster,
  signer,
  t0,
  verifier,
} from './scene.ts';
import { requestIndex, sceneLedger } from './scene-ledger.ts';

const ledger = sceneLedger();

function contextOf(given: DecisionCase): JudgeContext {
  const { request, state, requester, counted } = given;
  const known = {
    request,
    hash: sha256(signRequest(request, signer('executor'))),
    index: requestIndex,
    state,
    requester,
    counted,
  };
  return {
    domain,
    chain,
    verifier,
    origin,
    now: given.now,
    ledgerSize: 6,
    rootAt: (size) => ledger.root(size),
    requestOf: (id) => (equalBytes(id, request.id) ? known : undefined),
    headOf: (key) => given.heads.find((head) => equalBytes(head.kid, key)),
    isLogged: (bytes) => given.logged.some((each) => equalBytes(each, bytes)),
  };
}

function summary(judged: Judgement): DecisionCase['expected'] {
  switch (judged.outcome) {
    case 'counted':
      return { outcome: 'counted', tally: judged.tally.state, step: judged.counted.step };
    case 'refused':
      return { outcome: 'refused', authentic: judged.authentic, code: judged.code };
    case 'repeated':
      return { outcome: 'repeated' };
  }
}

const [base] = decisionCases;

function judge(bytes: Uint8Array, over: Partial<DecisionCase> = {}): Judgement {
  if (base === undefined) throw new Error('no case');
  return judgeDecision(bytes, contextOf({ ...base, ...over }));
}

describe('judgeDecision', () => {
  it.each(decisionCases.map((given) => [given.name, given] as const))('%s', (_name, given) => {
    expect(summary(judgeDecision(given.bytes, contextOf(given)))).toEqual(given.expected);
  });

  it('is tried on every code', () => {
    const hit = new Set(
      decisionCases.flatMap(({ expected }) => (expected.outcome === 'refused' ? [expected.code] : [])),
    );
    expect([...hit].sort()).toEqual([...decisionCodes].sort());
  });

  it('says whether a refused decision moves the head of its chain', () => {
    expect(judge(signedBy('alice'), { state: 'withdrawn' })).toMatchObject({ continuesChain: true });
    const ahead = signedBy('alice', { sequence: 1, previous: hash('x') });
    expect(judge(ahead)).toMatchObject({ authentic: true, continuesChain: false });
  });

  it('keeps what it counts for the tally and the receipt', () => {
    const bytes = signedBy('bob', { conditions: { rowsMax: 2 } });
    const judged = judge(bytes);
    expect(judged).toMatchObject({
      counted: {
        person: 'bob',
        roles: ['dba', 'security'],
        step: 0,
        kid: kid('bob'),
        hash: sha256(bytes),
        conditions: { rowsMax: 2 },
      },
    });
  });

  it('lets what a callback throws through', () => {
    const given = decisionCases.find(({ expected }) => expected.outcome === 'counted');
    if (given === undefined) throw new Error('no case');
    const broken = {
      ...contextOf(given),
      rootAt: () => {
        throw new TypeError('disk');
      },
    };
    expect(() => judgeDecision(given.bytes, broken)).toThrow(TypeError);
  });
});

describe('an approval holds for exactly one request', () => {
  const made = makeRequest();
  const [statement] = made.statements;
  if (statement === undefined) throw new Error('no statement');
  const others: readonly (readonly [string, Partial<Request>])[] = [
    ['one byte of SQL', { statements: [{ ...statement, sql: statement.sql.replace('closed', 'closee') }] }],
    ['one parameter', { statements: [{ ...statement, params: [{ type: 'integer', value: 8 }] }] }],
    ['the type of a parameter', { statements: [{ ...statement, params: [{ type: 'number', value: '7' }] }] }],
    ['a statement more', { statements: [statement, statement] }],
    ['the target', { target: { ...made.target, name: 'billing' } }],
    ['the identity of the target', { target: { ...made.target, identity: hash('other') } }],
    ['its schema', { target: { ...made.target, schema: hash('other') } }],
    ['a pinned setting', { target: { ...made.target, session: [['foreign_keys', 'off']] } }],
    ['review by', { reviewBy: made.reviewBy + 1 }],
    ['run by', { runBy: made.runBy + 1 }],
    ['the diff digest', { effect: { ...made.effect, diffDigest: hash('other') } }],
    ['the rows', { effect: { ...made.effect, rows: 4 } }],
    ['the quorum', { policy: { ...made.policy, quorum: [[{ role: 'dba', count: 1 }]] } }],
    ['the policy', { policy: { ...made.policy, digest: hash('other') } }],
    ['the sequence', { sequence: 1 }],
  ];

  it.each(others)('not when %s differs', (_what, over) => {
    expect(judge(signedBy('alice'), { request: makeRequest(over) })).toMatchObject({
      authentic: true,
      code: 'decision/request-hash-mismatch',
    });
  });

  it('two approvals of two variants do not compose', () => {
    const variant = makeRequest({ sequence: 1 });
    const ofVariant = signedBy('carol', { requestHash: sha256(signRequest(variant, signer('executor'))) });
    expect(judge(signedBy('alice')).outcome).toBe('counted');
    expect(judge(ofVariant, { counted: [vote('alice', ['dba'], 0)] })).toMatchObject({ outcome: 'refused' });
  });
});

describe('recount', () => {
  const counted = [vote('alice', ['dba'], 0), vote('carol', ['security'], 0)];
  const after = (over: Parameters<typeof nextRoster>[0]): typeof chain =>
    verifyRosterChain([...rosters, signedRoster(nextRoster(over))], anchor, verifier);

  it('keeps what still counts, with the roles of now', () => {
    expect(recount(counted, chain, 9)).toEqual({ standing: counted, dropped: [] });
  });

  it.each([
    [
      'decision/key-revoked',
      { revocations: [...makeRoster().revocations, { kid: kid('alice'), fromIndex: 9 }] },
    ],
    ['decision/key-unknown', { persons: persons.filter((each) => each.id !== 'alice') }],
    [
      'decision/role-missing',
      { persons: persons.map((each) => (each.id === 'alice' ? { ...each, roles: ['operator'] } : each)) },
    ],
    [
      'decision/not-human',
      {
        persons: persons.map((each) =>
          each.id === 'alice' ? { ...each, roles: [], kind: 'service' as const } : each,
        ),
      },
    ],
    [
      'decision/key-unknown',
      { persons: persons.map((each) => (each.id === 'alice' ? { ...each, id: 'alice2' } : each)) },
    ],
  ] as const)('drops an approval with %s', (code, over) => {
    const { standing, dropped } = recount(counted, after(over), 9);
    expect(dropped).toEqual([{ decision: counted[0], code }]);
    expect(standing).toEqual([counted[1]]);
  });

  it('drops nothing before the index of the revocation', () => {
    const revoked = after({
      revocations: [...makeRoster().revocations, { kid: kid('alice'), fromIndex: 9 }],
    });
    expect(recount(counted, revoked, 8).dropped).toEqual([]);
  });

  it('keeps a denial whatever became of its key', () => {
    const denial = [vote('alice', ['dba'], null, 'deny')];
    const gone = after({ persons: persons.filter((each) => each.id !== 'alice') });
    expect(recount(denial, gone, 9)).toEqual({ standing: denial, dropped: [] });
  });
});

describe('every change of a signed decision', () => {
  const bytes = signedBy('alice', { note: 'seen on paper', conditions: { notAfter: t0 + 500 } });

  it('is refused, not authentic, at every length', () => {
    for (let length = 0; length < bytes.length; length += 1) {
      expect(judge(bytes.slice(0, length))).toMatchObject({
        authentic: false,
        code: 'decision/bytes-malformed',
      });
    }
  });

  it('is refused, not authentic, at every byte', () => {
    const codes = new Set<string>();
    for (const [at, byte] of bytes.entries()) {
      for (const flip of [0x01, 0x80]) {
        const judged = judge(bytes.with(at, byte ^ flip));
        expect(judged).toMatchObject({ outcome: 'refused', authentic: false });
        if (judged.outcome === 'refused') codes.add(judged.code);
      }
    }
    expect(codes).toContain('decision/signature-invalid');
    for (const code of codes) expect(decisionCodes).toContain(code);
  });
});
