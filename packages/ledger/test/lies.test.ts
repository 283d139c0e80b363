import { encode, seedSigner, sha256, toHex } from '@countersign/codec';
import { isOpen, parseWindow, PolicyError } from '@countersign/policy';
import { nodeTokenClaims, nodeVerifier } from '@countersign/program';
import { afterAll, expect, test } from 'vitest';
import {
  appendEntry,
  decodeEvidence,
  encodeEvidence,
  extractRequest,
  LedgerError,
  ledgerErrorCodes,
  MemoryLedger,
  verifyBundle,
  verifyEvidence,
  type LedgerTrust,
} from '../src/index.ts';
import { allLies } from '../../../test/model/lies.ts';
import { goodStory } from '../../../test/model/good-story.ts';
import { storyAnchor } from '../../../test/model/story-cast.ts';
import { windowed } from '../../../test/model/run-lies.ts';
import { logKey, logToken, submitBy, tokenOf } from '../../../test/model/story-token.ts';
import { Story } from '../../../test/model/story.ts';
import {
  diffOf,
  effectOf,
  fewerRows,
  isWithinTolerance,
  mayDrift,
  renamed,
  tolerant,
  withoutRows,
} from '../../../test/model/tolerant-story.ts';

const trust: LedgerTrust = {
  anchor: storyAnchor,
  verifier: nodeVerifier,
  tokenClaims: nodeTokenClaims,
  isWithinTolerance,
  isWindowOpen: (window, at) => {
    try {
      return isOpen(parseWindow(window), at);
    } catch (error) {
      if (error instanceof PolicyError) return false;
      throw error;
    }
  },
};
const hit = new Set<string>();

function refusalOf(act: () => unknown): LedgerError | undefined {
  try {
    act();
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    hit.add(error.code);
    return error;
  }
  return undefined;
}

afterAll(() => {
  // Those of an evidence file are hit by the test beside this one.
  const own = ledgerErrorCodes.filter((code) => !code.startsWith('evidence/'));
  expect(own.filter((code) => !hit.has(code))).toEqual([]);
});

test.each(allLies)('$name', ({ bundle, code, index, heads, journals }) => {
  const refusal = refusalOf(() => verifyBundle(bundle, { ...trust, heads, journals }));
  expect(refusal).toMatchObject({ code, index });
});

test('heads and journals that were kept of an honest ledger lie on it', () => {
  const story = goodStory();
  const heads = [new Story().begin().head, story.head];
  const journals = [story.journal('carol'), story.journal('dave'), story.journal('erin')];
  expect(verifyBundle(story.bundle(), { ...trust, heads, journals }).size).toBe(story.ledger.size);
});

test('a policy is held against its digest when it can be computed', () => {
  const bytes = goodStory().bundle();
  const policyDigest: LedgerTrust['policyDigest'] = (files) => sha256(encode(files));
  verifyBundle(bytes, { ...trust, policyDigest });
  const refusal = refusalOf(() => verifyBundle(bytes, { ...trust, policyDigest: () => new Uint8Array(32) }));
  expect(refusal).toMatchObject({ code: 'ledger/policy-mismatch', index: 2 });
});

test('an erased body is reported, and what it carried is no longer proved', () => {
  const story = goodStory();
  const [first] = story.cases;
  const found = verifyBundle(story.bundle(), trust).entries.filter(
    ({ entry }) => entry.type === 'submission',
  );
  story.ledger.erase(found[0]?.index ?? 0);
  const ledger = verifyBundle(story.bundle(), trust);
  expect(ledger.notices).toEqual([{ type: 'erased', index: found[0]?.index }]);
  const lives = [...ledger.lives.values()];
  expect(lives.map((life) => life.proved)).toEqual([false, ...lives.slice(1).map(() => true)]);
  expect(decodeEvidence(extractRequest(ledger, first?.id ?? new Uint8Array(16))).items).toHaveLength(11);
});

test('a run that was cut off is tried again, or denied after all', () => {
  const story = new Story().begin();
  const [again, denied] = [story.ask(), story.ask()];
  for (const made of [again, denied]) {
    story.decide(made, 'carol');
    story.decide(made, 'dave');
    story.intent(made);
    story.cutOff(made);
  }
  story.decide(denied, 'frank', { choice: 'deny' });
  story.intent(again);
  story.receipt(again);
  const ledger = verifyBundle(story.bundle(), trust);
  expect([...ledger.lives.values()].map((life) => life.state)).toEqual(['executed', 'rejected']);
  expect(verifyEvidence(extractRequest(ledger, again.id), trust).life.state).toBe('executed');
});

test('a run in the window that was signed', () => {
  const story = new Story().begin();
  for (const window of ['mon 14:00 - mon 15:00 UTC', 'mon 00:00 - tue 00:00, sat 00:00 - mon 00:00 UTC']) {
    const made = windowed(story, window);
    story.intent(made);
    story.receipt(made);
  }
  expect([...verifyBundle(story.bundle(), trust).lives.values()].map((life) => life.state)).toEqual([
    'executed',
    'executed',
  ]);
});

test('a run within the tolerance that was signed', () => {
  const drifted = effectOf(diffOf([renamed(1, 6), renamed(2, 7), renamed(3, 8)]));
  const one = effectOf(diffOf([renamed(2, 9)]));
  for (const [obligations, effect] of [
    [[mayDrift], drifted],
    [[mayDrift], withoutRows(drifted)],
    [[fewerRows], effectOf(diffOf([renamed(3, 5)]))],
    [[fewerRows, mayDrift], one],
    [[fewerRows, mayDrift], withoutRows(one)],
    [[mayDrift], null],
  ] as const) {
    const story = new Story().begin();
    story.receipt(tolerant(story, ...obligations), { effect });
    const states = [...verifyBundle(story.bundle(), trust).lives.values()].map(({ state }) => state);
    expect(states).toEqual(['executed']);
  }
});

test('a run within the tolerance that was ambiguous first, by its rows or by what a person found', () => {
  const drifted = effectOf(diffOf([renamed(1, 6), renamed(2, 7), renamed(3, 8)]));
  for (const effect of [drifted, null]) {
    const story = new Story().begin();
    const made = tolerant(story, mayDrift);
    story.receipt(made, { outcome: 'ambiguous', effect: null });
    story.receipt(made, { outcome: 'resolved-ran', effect });
    const states = [...verifyBundle(story.bundle(), trust).lives.values()].map(({ state }) => state);
    expect(states).toEqual(['resolved']);
  }
});

test('a token that verifies is told, and goes with the evidence of what it brought', () => {
  const story = new Story().begin();
  const token = tokenOf(story);
  const key = logKey(story).index;
  const { index } = logToken(story, token);
  const [made, other] = [submitBy(story, token), submitBy(story, token)];
  const claims = { issuer: 'https://issuer.example', subject: 'repo:acme/shop' };
  const ledger = verifyBundle(story.bundle(), trust);
  const logged = { index, keyIndex: key, person: 'pipeline', claims };
  expect([...ledger.lives.values()]).toMatchObject([{ token: logged }, { token: logged }]);
  expect(ledger.notices).toEqual([]);
  const file = extractRequest(ledger, made.id);
  expect(verifyEvidence(file, trust).life).toMatchObject({ token: logged });
  // Evidence that was made without them says less, and nothing false.
  const { items, ...rest } = decodeEvidence(file);
  const without = items.filter(({ body }) => body === null || !Buffer.from(body).includes(token));
  expect(without).toHaveLength(items.length - 1);
  expect(verifyEvidence(encodeEvidence({ ...rest, items: without }), trust).life.token).toBe('unproved');
  story.ledger.erase(index);
  const erased = verifyBundle(story.bundle(), trust);
  expect(erased.notices.filter(({ type }) => type === 'token-unproved')).toHaveLength(2);
  expect(erased.lives.get(toHex(other.id))).toMatchObject({ token: 'unproved', proved: true });
});

test('a verdict by a policy recorded before the newest is reported', () => {
  const story = new Story().begin();
  const policyDigest = story.policyDigest;
  story.policy('policy 2');
  const { index } = story.verdict(story.submit(), { policyDigest });
  expect(verifyBundle(story.bundle(), trust).notices).toEqual([{ type: 'older-policy', index }]);
});

test('a clock that steps back is reported', () => {
  const story = new Story().begin();
  story.now -= 100;
  story.submit();
  const { notices } = verifyBundle(story.bundle(), trust);
  expect(notices).toEqual([{ type: 'time-went-back', index: 3, bySeconds: 99 }]);
});

test('a disputed decision is accepted by its index alone', () => {
  const story = new Story().begin();
  const witnessed = { origin: story.origin, size: 4, root: new Uint8Array(32), pinned: null };
  const { index } = story.refuse(story.ask(), 'erin', 'decision/role-missing', { witnessed });
  const bytes = story.bundle();
  expect(refusalOf(() => verifyBundle(bytes, { ...trust, disputesAccepted: [index + 1] }))?.index).toBe(
    index,
  );
  const { notices } = verifyBundle(bytes, { ...trust, disputesAccepted: [index] });
  expect(notices).toEqual([{ type: 'dispute-accepted', index }]);
});

test('a malformed append keeps nothing', () => {
  const by = { origin: 'x', signer: seedSigner(new Uint8Array(32)) };
  const ledger = new MemoryLedger();
  const add = { type: 'operator', body: new Uint8Array(1), madeAt: 1 } as const;
  expect(refusalOf(() => appendEntry(ledger, { ...add, requestId: new Uint8Array(16) }, by))?.code).toBe(
    'ledger/append-malformed',
  );
  expect(refusalOf(() => appendEntry(ledger, { ...add, type: 'intent' }, by))?.code).toBe(
    'ledger/append-malformed',
  );
  const body = new Uint8Array(1_048_576 + 129);
  expect(refusalOf(() => appendEntry(ledger, { ...add, body }, by))?.code).toBe('ledger/append-malformed');
  expect(ledger.size).toBe(0);
  expect(refusalOf(() => ledger.entry(0))?.code).toBe('ledger/entry-absent');
});
