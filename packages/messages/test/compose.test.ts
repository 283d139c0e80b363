import { sha256, toHex, type Verified } from '@countersign/codec';
import { describe, expect, it } from 'vitest';
import {
  acceptReview,
  composeDecision,
  composeResponse,
  decodeApproverState,
  decodeResponse,
  encodeApproverState,
  encodeRoster,
  judgeDecision,
  logOf,
  messageErrorCodes,
  newApproverState,
  recordDecision,
  reviewBundle,
  signDecision,
  withLog,
  type ApproverState,
  type DecisionChoice,
  type MessageErrorCode,
  type Review,
} from '@countersign/messages';
import { signedBy } from './decision-case.ts';
import { fresh, remembering } from './review-case.ts';
import { codeOf } from './code-of.ts';
import {
  anchor,
  chain,
  domain,
  hash,
  kid,
  makeRoster,
  nextRoster,
  origin,
  person,
  persons,
  request,
  requestBytes,
  rosters,
  signedRoster,
  signer,
  t0,
  verifier,
} from './scene.ts';
import { requestIndex, sceneLedger } from './scene-ledger.ts';
import type { Bundle } from '@countersign/messages';

const ledger = sceneLedger();
const view = { program: hash('program'), depth: 'full', warnings: ['review/first-contact'] } as const;
const approve: DecisionChoice = { choice: 'approve', view };
const hit = new Set<MessageErrorCode | null>();

function review(state: ApproverState = fresh, over: Partial<Bundle> = {}): Verified<Review> {
  return reviewBundle(ledger.bundleBytes(over), state, anchor, verifier, t0 + 60);
}

function tried(run: () => unknown): MessageErrorCode | null {
  const code = codeOf(run);
  hit.add(code);
  return code;
}

function decide(
  state: ApproverState,
  found: Verified<Review>,
  by = 'alice',
): { bytes: Uint8Array; next: ApproverState } {
  const bytes = signDecision(composeDecision(found, approve, state, t0 + 61), signer(by));
  return { bytes, next: recordDecision(found, bytes, state, verifier) };
}

describe('composeDecision', () => {
  it('makes a decision that the executor counts', () => {
    const { bytes } = decide(fresh, review());
    const known = {
      request,
      hash: sha256(requestBytes),
      index: requestIndex,
      state: 'pending',
      requester: { person: 'erik', kid: kid('erik') },
      counted: [],
    } as const;
    const judged = judgeDecision(bytes, {
      domain,
      chain,
      verifier,
      origin,
      now: t0 + 100,
      ledgerSize: 6,
      rootAt: (size) => ledger.root(size),
      requestOf: () => known,
      headOf: () => undefined,
      isLogged: () => false,
    });
    expect(judged).toMatchObject({ outcome: 'counted', counted: { person: 'alice', step: 0 } });
  });

  it('links each decision to the one before and to what was pinned', () => {
    const first = decide(fresh, review());
    const again = review(first.next, { decisions: [] });
    const decision = composeDecision(
      again,
      { choice: 'deny', view, note: 'on second thought' },
      first.next,
      t0 + 90,
    );
    expect(decision).toMatchObject({ sequence: 1, previous: sha256(first.bytes), note: 'on second thought' });
    expect(decision.witnessed).toEqual({
      origin,
      size: 6,
      root: ledger.root(6),
      pinned: { size: 6, root: ledger.root(6) },
    });
  });

  it('carries conditions and a proposal', () => {
    const conditions = { rowsMax: 3, notAfter: t0 + 600 };
    expect(composeDecision(review(), { ...approve, conditions }, fresh, t0).conditions).toEqual(conditions);
    const proposal = [{ sql: 'SELECT 1', params: [] }];
    expect(composeDecision(review(), { choice: 'amend', view, proposal }, fresh, t0).proposal).toEqual(
      proposal,
    );
    expect(codeOf(() => composeDecision(review(), { choice: 'amend', view }, fresh, t0))).toBe(
      'message/proposal-misplaced',
    );
  });

  it('refuses what the executor would refuse', () => {
    const summary: DecisionChoice = { choice: 'approve', view: { ...view, depth: 'summary' } };
    const wide: DecisionChoice = { ...approve, conditions: { rowsMax: 4 } };
    const reader = newApproverState(domain, kid('ivy'));
    expect(tried(() => composeDecision(review(), summary, fresh, t0))).toBe('compose/summary-view');
    expect(tried(() => composeDecision(review(), wide, fresh, t0))).toBe('compose/condition-wider');
    expect(tried(() => composeDecision(review(reader), approve, reader, t0))).toBe('compose/not-permitted');
  });

  it('asks for the roster to be confirmed', () => {
    const state = { ...fresh, roster: encodeRoster(makeRoster()) };
    const newer = [...rosters, signedRoster(nextRoster({ persons: [...persons, person('zoe', [])] }))];
    const found = review(state, { rosters: newer });
    expect(tried(() => composeDecision(found, approve, state, t0))).toBe('compose/roster-unconfirmed');
    expect(composeDecision(found, { ...approve, rosterConfirmed: true }, state, t0).roster.number).toBe(2);
  });

  it('refuses a review that is older than the state', () => {
    const old = review();
    const { next } = decide(fresh, old);
    expect(tried(() => composeDecision(old, approve, next, t0))).toBe('compose/state-stale');
  });
});

describe('recordDecision', () => {
  it('pins, counts and journals', () => {
    const { bytes, next } = decide(fresh, review());
    expect(logOf(next, origin)).toEqual({
      origin,
      pinned: { size: 6, root: ledger.root(6) },
      sequence: 1,
      last: sha256(bytes),
      journal: [{ decision: bytes, confirmed: false, refusal: null }],
    });
    expect(next.roster).toEqual(encodeRoster(makeRoster()));
  });

  it('takes only the decision that was composed, by this key', () => {
    const found = review();
    const record = (bytes: Uint8Array): unknown => recordDecision(found, bytes, fresh, verifier);
    expect(tried(() => record(signedBy('carol')))).toBe('compose/signature-mismatch');
    expect(tried(() => record(signedBy('alice', { requestHash: hash('other') })))).toBe(
      'compose/signature-mismatch',
    );
    expect(tried(() => record(new Uint8Array(0)))).toBe('compose/signature-mismatch');
  });

  it('was tried on every code', () => {
    expect([...hit].sort()).toEqual(messageErrorCodes.filter((code) => code.startsWith('compose/')).sort());
  });
});

describe('composeResponse', () => {
  it('carries every decision that the ledger has not confirmed', () => {
    const { bytes, next } = decide(fresh, review());
    const response = composeResponse(next, origin);
    expect(response === undefined ? undefined : decodeResponse(response)).toEqual({
      version: 1,
      domain,
      decisions: [bytes],
    });
    expect(composeResponse(fresh, origin)).toBeUndefined();
    expect(composeResponse(next, 'elsewhere')).toBeUndefined();
  });
});

describe('acceptReview', () => {
  it('pins without a decision', () => {
    const accepted = acceptReview(review(), fresh);
    expect(logOf(accepted, origin)).toMatchObject({ pinned: { size: 6 }, sequence: 0, journal: [] });
  });
});

describe('approver state', () => {
  const { bytes, next } = decide(fresh, review());

  it('reads back what it wrote', () => {
    expect(decodeApproverState(encodeApproverState(next))).toEqual(next);
    expect(decodeApproverState(encodeApproverState(fresh))).toEqual(fresh);
  });

  const log = logOf(next, origin);
  const [item] = log.journal;
  if (item === undefined) throw new Error('no journal');
  const second = signedBy('alice', { sequence: 1, previous: hash('other') });
  const broken: readonly (readonly [string, MessageErrorCode, ApproverState])[] = [
    ['a log twice', 'state/log-repeated', { ...next, logs: [log, log] }],
    ['another key', 'state/journal-broken', { ...next, kid: kid('bob') }],
    ['another deployment', 'state/journal-broken', { ...next, domain: hash('other').slice(0, 16) }],
    ['another log', 'state/journal-broken', { ...next, logs: [{ ...log, origin: 'elsewhere' }] }],
    [
      'an item that is nothing',
      'state/journal-broken',
      remembering({ ...log, journal: [{ ...item, decision: Uint8Array.of(0) }] }, next),
    ],
    [
      'an item that is a request',
      'state/journal-broken',
      remembering({ ...log, journal: [{ ...item, decision: requestBytes }] }, next),
    ],
    ['a sequence that jumps', 'state/journal-broken', remembering({ ...log, sequence: 2 }, next)],
    [
      'a broken link',
      'state/journal-broken',
      withLog(next, {
        ...log,
        sequence: 2,
        last: sha256(second),
        journal: [item, { ...item, decision: second }],
      }),
    ],
    ['another last decision', 'state/sequence-mismatch', withLog(next, { ...log, last: hash('other') })],
    ['no last decision', 'state/sequence-mismatch', withLog(next, { ...log, journal: [], last: null })],
  ];
  it.each(broken)('is refused with %s', (_name, code, state) => {
    expect(codeOf(() => decodeApproverState(encodeApproverState(state)))).toBe(code);
  });

  it('is refused when it is none', () => {
    expect(codeOf(() => decodeApproverState(Uint8Array.of(0)))).toBe('state/malformed');
    const hitHere = [...broken.map(([, code]) => code), 'state/malformed'];
    expect([...new Set(hitHere)].sort()).toEqual(
      messageErrorCodes.filter((code) => code.startsWith('state/')).sort(),
    );
  });

  it('may have had its older journal moved away', () => {
    const moved = withLog(next, { ...log, journal: [] });
    expect(decodeApproverState(encodeApproverState(moved))).toEqual(moved);
    expect(toHex(sha256(bytes))).toBe(toHex(log.last ?? new Uint8Array(0)));
  });
});
