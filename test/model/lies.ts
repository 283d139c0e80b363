// Ledgers that a dishonest executor, carrier or approver could hand to an auditor, each with the code and the entry that give it away.
import { sha256, utf8 } from '@countersign/codec';
import {
  encodeLedgerBundle,
  parseBundle,
  type AppendedEntry,
  type BundleItem,
  type LedgerBundle,
  type LedgerErrorCode,
} from '@countersign/ledger';
import { decodeEntry, encodeEntry, type ApproverState, type LedgerEntry } from '@countersign/messages';
import { firstRoster, goodStory, joined, requestHash, signerOf, Story } from './story.ts';

/** A ledger that must be refused. */
export interface Lie {
  readonly name: string;
  readonly code: LedgerErrorCode;
  /** The entry that must be named; undefined when the fault lies in none. */
  readonly index: number | undefined;
  readonly bundle: Uint8Array;
  readonly heads: readonly string[];
  readonly journals: readonly ApproverState[];
}

type Held = Partial<Pick<Lie, 'heads' | 'journals'>>;

/** Returns every lie. */
export function allLies(): readonly Lie[] {
  return [
    ...carriedLies(),
    ...intakeLies(),
    ...requestLies(),
    ...decisionLies(),
    ...runLies(),
    ...pastLies(),
  ];
}

function lie(
  name: string,
  code: LedgerErrorCode,
  index: number | undefined,
  bundle: Uint8Array,
  held: Held = {},
): Lie {
  return { name, code, index, bundle, heads: held.heads ?? [], journals: held.journals ?? [] };
}

/** A lie told in the entry that `tell` appends last to an honest beginning. */
function told(name: string, code: LedgerErrorCode, tell: (story: Story) => AppendedEntry): Lie {
  const story = new Story().begin();
  const { index } = tell(story);
  // Something follows, so that the lie is not found by standing at the end.
  story.note('operator', { person: 'alice', verb: 'note', text: 'nothing happened' });
  return lie(name, code, index, story.bundle());
}

/** A lie made of an honest bundle by changing its parts. */
function changed(
  name: string,
  code: LedgerErrorCode,
  index: number | undefined,
  change: (bundle: LedgerBundle) => Partial<LedgerBundle>,
): Lie {
  const bundle = parseBundle(goodStory().bundle());
  return lie(name, code, index, joined(encodeLedgerBundle({ ...bundle, ...change(bundle) })));
}

function changeItem(
  items: readonly BundleItem[],
  at: number,
  change: Partial<LedgerEntry> | { body: Uint8Array | null },
): BundleItem[] {
  return items.map((item, index) => {
    if (index !== at) return item;
    if ('body' in change) return { ...item, body: change.body };
    return { ...item, entry: encodeEntry({ ...decodeEntry(item.entry), ...change }) };
  });
}

/** What a carrier can do, who holds no key. */
function carriedLies(): Lie[] {
  const good = goodStory();
  const bytes = good.bundle();
  const { size } = good.ledger;
  const first = encodeLedgerBundle(parseBundle(bytes))[0]?.length ?? 0;
  const byte = (at: number, value: number): Uint8Array =>
    Uint8Array.from(bytes, (b, i) => (i === at ? value : b));
  const noIndex = undefined;
  const reheaded = (items: readonly BundleItem[], bundle: LedgerBundle): Partial<LedgerBundle> => ({
    header: { ...bundle.header, size: items.length },
    items,
  });
  return [
    lie('an empty file', 'ledger/truncated', noIndex, new Uint8Array(0)),
    lie('no header', 'ledger/header-malformed', noIndex, bytes.slice(first)),
    lie('a header of another version', 'ledger/header-malformed', noIndex, byte(2, 2)),
    lie('cut inside the first entry', 'ledger/truncated', 0, bytes.slice(0, first + 20)),
    lie('cut inside the trailer', 'ledger/truncated', noIndex, bytes.slice(0, -1)),
    lie('bytes after the trailer', 'ledger/trailing-bytes', noIndex, joined([bytes, Uint8Array.of(0)])),
    lie('a second bundle after the first', 'ledger/trailing-bytes', noIndex, joined([bytes, bytes])),
    changed('one entry fewer than the header says', 'ledger/item-malformed', size - 1, ({ items }) => ({
      items: items.slice(0, -1),
    })),
    changed('one entry more than the header says', 'ledger/trailer-malformed', noIndex, ({ items }) => ({
      items: [...items, ...items.slice(-1)],
    })),
    changed('a deleted tail', 'ledger/size-mismatch', noIndex, (b) => reheaded(b.items.slice(0, -3), b)),
    changed('a deleted middle', 'ledger/index-mismatch', 5, (b) => reheaded(b.items.toSpliced(5, 1), b)),
    changed('two entries in each other’s place', 'ledger/index-mismatch', 6, ({ items }) => ({
      items: [...items.slice(0, 6), ...items.slice(6, 8).reverse(), ...items.slice(8)],
    })),
    changed('a deleted middle with the indexes mended', 'ledger/chain-broken', 5, (b) =>
      reheaded(
        b.items.toSpliced(5, 1).map((item, index) => ({
          ...item,
          entry: encodeEntry({ ...decodeEntry(item.entry), index }),
        })),
        b,
      ),
    ),
    changed('an edited time', 'ledger/chain-broken', 8, ({ items }) => ({
      items: changeItem(items, 7, { madeAt: 1 }),
    })),
    changed('an edited time of the last entry', 'ledger/root-mismatch', noIndex, ({ items }) => ({
      items: changeItem(items, size - 1, { madeAt: 1_790_100_000 }),
    })),
    changed('an edited body', 'ledger/body-mismatch', 3, ({ items }) => ({
      items: changeItem(items, 3, { body: utf8('x') }),
    })),
    changed('an erased decision', 'ledger/body-needed', 7, ({ items }) => ({
      items: changeItem(items, 7, { body: null }),
    })),
    changed('an erased roster', 'ledger/body-needed', 1, ({ items }) => ({
      items: changeItem(items, 1, { body: null }),
    })),
    changed('an entry that is none', 'ledger/entry-malformed', 4, ({ items }) => ({
      items: items.map((item, i) => (i === 4 ? { ...item, entry: utf8('x') } : item)),
    })),
    changed('a header of another origin', 'ledger/genesis-mismatch', 0, ({ header }) => ({
      header: { ...header, origin: 'other.example/ledger' },
    })),
    changed('a header of another deployment', 'ledger/genesis-mismatch', 0, ({ header }) => ({
      header: { ...header, domain: new Uint8Array(16) },
    })),
    changed('a checkpoint of before', 'ledger/size-mismatch', noIndex, () => ({
      checkpoint: new Story().begin().head,
    })),
    changed('a checkpoint that is none', 'ledger/checkpoint-invalid', noIndex, () => ({ checkpoint: 'x' })),
    changed(
      'a checkpoint with another signature',
      'ledger/checkpoint-invalid',
      noIndex,
      ({ checkpoint }) => ({
        checkpoint: checkpoint.replace(/....=\n$/, 'AAA=\n'),
      }),
    ),
  ];
}

function intakeLies(): Lie[] {
  const unsigned = new Story();
  unsigned.note('genesis', { version: 1, domain: unsigned.domain, origin: unsigned.origin });
  unsigned.policy();
  const headless = new Story();
  headless.roster();
  const foreign = new Story();
  foreign.note('genesis', { version: 1, domain: new Uint8Array(16), origin: foreign.origin });
  foreign.roster();
  const otherLog = new Story({ origin: 'other.example/ledger' });
  otherLog.begin({ executors: firstRoster().executors });
  const stranger = new Story();
  stranger.begin({ root: { threshold: 1, keys: [signerOf('mallory').publicKey] } });
  const forged = new Story().begin();
  forged.executor = signerOf('mallory');
  forged.note('operator', { person: 'alice', verb: 'note', text: 'written by somebody else' });
  return [
    lie('no roster', 'ledger/roster-missing', 1, unsigned.bundle()),
    lie('no genesis', 'ledger/genesis-misplaced', 0, joined([headlessHeader(), ...[...chunksOf(headless)]])),
    lie('a roster of another deployment', 'ledger/genesis-mismatch', 1, foreign.bundle()),
    lie('a log that the roster does not name', 'ledger/executor-unknown', 1, otherLog.bundle()),
    lie('root keys of somebody else', 'ledger/roster-invalid', 1, stranger.bundle()),
    lie('a head by another key', 'ledger/checkpoint-invalid', undefined, forged.bundle()),
    told('a second genesis', 'ledger/genesis-misplaced', (s) =>
      s.note('genesis', { version: 1, domain: s.domain, origin: s.origin }),
    ),
    told('a roster by nobody', 'ledger/roster-invalid', (s) => s.roster({}, [signerOf('mallory')])),
    told('a roster out of order', 'ledger/roster-invalid', (s) => s.roster({ number: 5 })),
    told('a submission by a stranger', 'ledger/signature-invalid', (s) => {
      s.submit({}, 'mallory');
      return { ...s.note('operator', { person: 'alice', verb: 'x', text: 'x' }), index: 3 };
    }),
    told('a submission by one who may not', 'ledger/submitter-not-valid', (s) => {
      s.submit({}, 'erin');
      return { ...s.note('operator', { person: 'alice', verb: 'x', text: 'x' }), index: 3 };
    }),
    told('a submission twice', 'ledger/submission-repeated', (s) => {
      const a = s.submit();
      return s.append('submission', a.submissionBytes, a);
    }),
    told('a submission under another id', 'ledger/request-id-mismatch', (s) => {
      const a = s.submit();
      return s.append('submission', a.submissionBytes, { id: new Uint8Array(16) });
    }),
    told('a verdict on nothing', 'ledger/request-unknown', (s) => {
      const a = s.submit();
      return s.verdict({ ...a, id: new Uint8Array(16) });
    }),
    told('a verdict of no form', 'ledger/body-malformed', (s) => s.append('verdict', utf8('x'), s.submit())),
    told('a verdict on another submission', 'ledger/hash-mismatch', (s) =>
      s.verdict(s.submit(), { submissionHash: sha256(utf8('x')) }),
    ),
    told('a verdict by an unknown policy', 'ledger/policy-unknown', (s) =>
      s.verdict(s.submit(), { policyDigest: sha256(utf8('x')) }),
    ),
    told('a milder verdict', 'ledger/transition', (s) => {
      const a = s.submit();
      s.verdict(a);
      return s.verdict(a, { decision: 'allow' });
    }),
    told('a read that was not allowed', 'ledger/transition', (s) => {
      const a = s.submit();
      s.verdict(a);
      return s.read(a);
    }),
    told('a second read', 'ledger/transition', (s) => {
      const a = s.submit();
      s.verdict(a, { decision: 'allow' });
      s.read(a);
      return s.read(a);
    }),
    told('a witnessed head of another ledger', 'ledger/witness-mismatch', (s) =>
      s.note('witness', { kid: new Uint8Array(32), size: 2, root: new Uint8Array(32) }),
    ),
  ];
}

/** The header that a bundle without genesis would have. */
function headlessHeader(): Uint8Array {
  const bundle = parseBundle(new Story().begin().bundle());
  return (
    encodeLedgerBundle({ ...bundle, header: { ...bundle.header, size: 1 }, items: [] })[0] ??
    new Uint8Array(0)
  );
}

function* chunksOf(story: Story): Generator<Uint8Array> {
  const item = { entry: story.ledger.entry(0), body: story.ledger.body(0) };
  const bundle = parseBundle(new Story().begin().bundle());
  yield* encodeLedgerBundle({ ...bundle, items: [item], checkpoint: story.head }).slice(1);
}

function requestLies(): Lie[] {
  const open = (s: Story): ReturnType<Story['submit']> => {
    const made = s.submit();
    s.verdict(made);
    return made;
  };
  return [
    told('a request without a verdict', 'ledger/transition', (s) => s.request(s.submit())),
    told('a request after a denial by policy', 'ledger/transition', (s) => {
      const a = s.submit();
      s.verdict(a, { decision: 'deny' });
      return s.request(a);
    }),
    told('a request by another key', 'ledger/signature-invalid', (s) =>
      s.request(open(s), {}, signerOf('mallory')),
    ),
    told('a request by an approver', 'ledger/signature-invalid', (s) =>
      s.request(open(s), {}, signerOf('carol')),
    ),
    told('a request of another submission', 'ledger/hash-mismatch', (s) =>
      s.request(open(s), { submissionHash: sha256(utf8('x')) }),
    ),
    told('a request under another id', 'ledger/request-id-mismatch', (s) =>
      s.request(open(s), { id: new Uint8Array(16) }),
    ),
    told('a request of other statements', 'ledger/request-differs', (s) =>
      s.request(open(s), { statements: [{ sql: 'DROP TABLE customers', params: [] }] }),
    ),
    told('a request of another parameter', 'ledger/request-differs', (s) => {
      const a = open(s);
      const sql = a.submission.statements[0]?.sql ?? '';
      return s.request(a, { statements: [{ sql, params: [{ type: 'text', value: '0' }] }] });
    }),
    told('a request on another target', 'ledger/request-differs', (s) => {
      const a = open(s);
      return s.request({ ...a, submission: { ...a.submission, target: 'payroll' } });
    }),
    told('a request by another policy', 'ledger/request-differs', (s) =>
      s.request(open(s), {
        policy: {
          digest: sha256(utf8('x')),
          rules: ['x'],
          reason: 'x',
          quorum: [[{ role: 'dba', count: 1 }]],
        },
      }),
    ),
    told('a request that follows nothing', 'ledger/request-differs', (s) =>
      s.request(open(s), { follows: { id: new Uint8Array(16), hash: new Uint8Array(32) } }),
    ),
    told('a request by an old roster', 'ledger/roster-mismatch', (s) => {
      const roster = s.rosterRef;
      s.roster();
      return s.request(open(s), { roster });
    }),
    told('a sequence taken twice', 'ledger/sequence-mismatch', (s) => {
      s.ask();
      return s.request(open(s), { sequence: 1 });
    }),
    told('a second request', 'ledger/transition', (s) => {
      const a = s.ask();
      return s.request(a, { sequence: 9 });
    }),
    told('an export of another request', 'ledger/hash-mismatch', (s) =>
      s.export(s.ask(), { requestHash: new Uint8Array(32) }),
    ),
    told('rejected without a denial', 'ledger/close-unfounded', (s) =>
      s.close(s.ask(), { kind: 'rejected', by: 'executor' }),
    ),
    told('expired before its time', 'ledger/close-unfounded', (s) =>
      s.close(s.ask(), { kind: 'expired', by: 'executor' }),
    ),
    told('withdrawn by nobody', 'ledger/close-unfounded', (s) => s.close(s.ask(), { by: 'nobody' })),
    told('withdrawn after a denial', 'ledger/close-unfounded', (s) => {
      const a = s.ask();
      s.decide(a, 'carol', { choice: 'deny' });
      return s.close(a);
    }),
    told('closed twice', 'ledger/transition', (s) => {
      const a = s.ask();
      s.close(a);
      return s.close(a);
    }),
  ];
}

function decisionLies(): Lie[] {
  const refused = 'ledger/decision-not-counted';
  const other = new Story().begin();
  other.note('operator', { person: 'alice', verb: 'note', text: 'another past' });
  return [
    told('a decision by a stranger', 'ledger/signature-invalid', (s) => s.decide(s.ask(), 'mallory')),
    told('a decision by the executor', 'ledger/signature-invalid', (s) => s.decide(s.ask(), 'executor')),
    told('a decision by the requester', refused, (s) => {
      const a = s.submit({}, 'carol');
      s.verdict(a);
      s.request(a);
      return s.decide(a, 'carol');
    }),
    told('a decision by an agent', refused, (s) => s.decide(s.ask(), 'pipeline')),
    told('a decision without the role', refused, (s) => s.decide(s.ask(), 'erin')),
    told('one person twice', refused, (s) => {
      const a = s.ask();
      s.decide(a, 'carol');
      return s.decide(a, 'carol');
    }),
    told('a summary view', refused, (s) =>
      s.decide(s.ask(), 'carol', { view: { program: new Uint8Array(32), depth: 'summary', warnings: [] } }),
    ),
    told('a decision too late', refused, (s) => {
      const a = s.ask();
      s.now += 4000;
      return s.decide(a, 'carol');
    }),
    told('a decision by a revoked key', refused, (s) => {
      const kid = s.journal('carol').kid;
      s.roster({ revocations: [{ kid, fromIndex: 4 }] });
      return s.decide(s.ask(), 'carol');
    }),
    told('a sequence with a gap', refused, (s) =>
      s.decide(s.ask(), 'carol', { sequence: 3, previous: new Uint8Array(32) }),
    ),
    told('a decision on another request', refused, (s) => {
      const [a, b] = [s.ask(), s.ask()];
      return s.decide(a, 'carol', { requestHash: requestHash(b) });
    }),
    told('the same decision twice', refused, (s) => {
      const a = s.ask();
      s.decide(a, 'carol');
      return s.append('decision', s.journal('carol').logs[0]?.journal[0]?.decision ?? utf8('x'), a);
    }),
    told('a decision before the request was logged', 'ledger/transition', (s) => {
      const a = s.submit();
      s.verdict(a);
      return s.decide({ ...a, requestBytes: utf8('x') }, 'carol');
    }),
    told('wider conditions', refused, (s) => s.decide(s.ask(), 'carol', { conditions: { rowsMax: 100 } })),
    told('a second step before the first', refused, (s) => {
      const quorum = [[{ role: 'dba', count: 1 }], [{ role: 'security', count: 1 }]];
      const policy = { digest: s.policyDigest, rules: ['x'], reason: 'x', quorum };
      return s.decide(s.ask({ policy }), 'erin');
    }),
    told('a decision of another deployment', 'ledger/signature-invalid', (s) =>
      s.decide(s.ask(), 'carol', { domain: new Uint8Array(16) }),
    ),
    told('a decision under another id', 'ledger/request-id-mismatch', (s) => {
      const [a, b] = [s.ask(), s.ask()];
      return s.append('decision', s.sign(a, 'carol'), b);
    }),
    told('a denial passed off as refused', 'ledger/refusal-unfounded', (s) =>
      s.refuse(s.ask(), 'carol', 'decision/role-missing', { choice: 'deny' }),
    ),
    told('a refusal for another reason', 'ledger/refusal-mismatch', (s) =>
      s.refuse(s.ask(), 'erin', 'decision/review-late'),
    ),
    told('a refused decision of no form', 'ledger/body-malformed', (s) =>
      s.append('refused-decision', utf8('x'), s.ask()),
    ),
    told('a refused decision by a stranger', 'ledger/signature-invalid', (s) =>
      s.refuse(s.ask(), 'mallory', 'decision/key-unknown'),
    ),
    told('a decision by one who saw another past', 'ledger/witness-mismatch', (s) => {
      const head = { origin: s.origin, size: 4, root: new Uint8Array(32), pinned: null };
      return s.decide(s.ask(), 'carol', { witnessed: head });
    }),
    told('a decision by one who had pinned another past', 'ledger/witness-mismatch', (s) => {
      const a = s.ask();
      const { size, root } = headOf(s);
      const pinned = { size: 4, root: headOf(other).root };
      return s.decide(a, 'carol', { witnessed: { origin: s.origin, size, root, pinned } });
    }),
    told('a decision by one who saw more', 'ledger/witness-mismatch', (s) =>
      s.decide(s.ask(), 'carol', {
        witnessed: { origin: s.origin, size: 50, root: new Uint8Array(32), pinned: null },
      }),
    ),
    told('a refused decision by one who saw another past', 'ledger/witness-mismatch', (s) => {
      const witnessed = { origin: s.origin, size: 4, root: new Uint8Array(32), pinned: null };
      return s.refuse(s.ask(), 'erin', 'decision/role-missing', { witnessed });
    }),
  ];
}

function headOf(story: Story): { readonly size: number; readonly root: Uint8Array } {
  const [, size = '', root = ''] = story.head.split('\n');
  return { size: Number(size), root: new Uint8Array(Buffer.from(root, 'base64')) };
}

function runLies(): Lie[] {
  const approved = (s: Story): ReturnType<Story['ask']> => {
    const made = s.ask();
    s.decide(made, 'carol');
    s.decide(made, 'dave');
    return made;
  };
  const running = (s: Story): ReturnType<Story['ask']> => {
    const made = approved(s);
    s.intent(made);
    return made;
  };
  return [
    told('a run with one of two', 'ledger/quorum-incomplete', (s) => {
      const a = s.ask();
      s.decide(a, 'carol');
      return s.intent(a);
    }),
    told('a run with a forged quorum', 'ledger/quorum-incomplete', (s) =>
      s.intent(s.ask(), { decisions: [new Uint8Array(32)] }),
    ),
    told('a run after a revocation', 'ledger/quorum-incomplete', (s) => {
      const a = approved(s);
      s.roster({ revocations: [{ kid: s.journal('carol').kid, fromIndex: s.ledger.size }] });
      return s.intent(a);
    }),
    told('an intent by other decisions', 'ledger/intent-mismatch', (s) =>
      s.intent(approved(s), { decisions: [new Uint8Array(32)] }),
    ),
    told('an intent with its decisions out of order', 'ledger/intent-mismatch', (s) => {
      const a = approved(s);
      return s.intent(a, { decisions: a.counted.toReversed() });
    }),
    told('a second attempt first', 'ledger/intent-mismatch', (s) => s.intent(approved(s), { attempt: 2 })),
    told('an intent by an unknown policy', 'ledger/policy-unknown', (s) =>
      s.intent(approved(s), { policyDigest: new Uint8Array(32) }),
    ),
    told('an intent of another request', 'ledger/hash-mismatch', (s) =>
      s.intent(approved(s), { requestHash: new Uint8Array(32) }),
    ),
    told('a run after run by', 'ledger/condition-unmet', (s) => {
      const a = approved(s);
      s.now += 10_000;
      return s.intent(a);
    }),
    told('a run before the approval allows', 'ledger/condition-unmet', (s) => {
      const a = s.ask();
      s.decide(a, 'carol', { conditions: { notBefore: s.now + 3000 } });
      s.decide(a, 'dave');
      return s.intent(a);
    }),
    told('a run after a denial', 'ledger/transition', (s) => {
      const a = s.ask();
      s.decide(a, 'carol', { choice: 'deny' });
      return s.intent(a);
    }),
    told('a receipt without an intent', 'ledger/transition', (s) => s.receipt(approved(s))),
    told('a receipt by another key', 'ledger/signature-invalid', (s) =>
      s.receipt(running(s), {}, signerOf('mallory')),
    ),
    told('a receipt under another id', 'ledger/request-id-mismatch', (s) =>
      s.receipt(running(s), { requestId: new Uint8Array(16) }),
    ),
    told('a receipt of another request', 'ledger/hash-mismatch', (s) =>
      s.receipt(running(s), { requestHash: new Uint8Array(32) }),
    ),
    told('a receipt by other decisions', 'ledger/receipt-mismatch', (s) =>
      s.receipt(running(s), { decisions: [] }),
    ),
    told('a run that ended before it began', 'ledger/receipt-mismatch', (s) =>
      s.receipt(running(s), { startedAt: s.now + 9 }),
    ),
    told('another effect than was signed', 'ledger/effect-differs', (s) => {
      const a = running(s);
      const effect = a.request?.effect;
      return s.receipt(a, {
        effect: effect === undefined ? null : { ...effect, diffDigest: new Uint8Array(32) },
      });
    }),
    told('no effect', 'ledger/effect-differs', (s) => s.receipt(running(s), { effect: null })),
    told('more rows than an approval allows', 'ledger/condition-unmet', (s) => {
      const a = s.ask();
      s.decide(a, 'carol', { conditions: { rowsMax: 0 } });
      s.decide(a, 'dave');
      s.intent(a);
      return s.receipt(a);
    }),
    told('a second executed receipt', 'ledger/executed-twice', (s) => s.receipt(s.run())),
    told('executed after failed', 'ledger/transition', (s) => {
      const a = running(s);
      s.receipt(a, { outcome: 'failed', effect: null });
      return s.receipt(a);
    }),
    told('executed after ambiguous', 'ledger/transition', (s) => {
      const a = running(s);
      s.receipt(a, { outcome: 'ambiguous', effect: null });
      return s.receipt(a);
    }),
    told('a run of what was run', 'ledger/transition', (s) => s.intent(s.run())),
    told('a decision while running', 'ledger/transition', (s) =>
      s.decide(running(s), 'frank', { choice: 'deny' }),
    ),
  ];
}

/** What only somebody who kept something can see. */
function pastLies(): Lie[] {
  const honest = new Story().begin();
  honest.run();
  const rewritten = new Story().begin();
  rewritten.ask();
  rewritten.note('operator', { person: 'alice', verb: 'note', text: 'one' });
  for (let i = 0; i < 8; i += 1) rewritten.note('operator', { person: 'alice', verb: 'note', text: 'more' });
  const backup = new Story().begin();
  const replayed = new Story().begin();
  const again = replayed.ask();
  replayed.note('operator', { person: 'alice', verb: 'note', text: 'in the place of the export' });
  const kept = honest.journal('carol').logs[0]?.journal[0]?.decision ?? utf8('x');
  const at = replayed.append('decision', kept, again).index;
  const foreign = new Story({ domain: new Uint8Array(16).fill(9) });
  const mallory = new Story().begin();
  mallory.sign(mallory.ask(), 'mallory');
  const malloryJournal = mallory.journal('mallory');
  const unpinned = (state: ApproverState): ApproverState => ({
    ...state,
    logs: state.logs.map((log) => ({ ...log, pinned: null })),
  });
  const swallowed = new Story().begin();
  swallowed.sign(swallowed.ask(), 'carol', { choice: 'deny' });
  return [
    lie('a restored backup against a kept head', 'ledger/head-ahead', undefined, backup.bundle(), {
      heads: [honest.head],
    }),
    lie('a rewritten past against a kept head', 'ledger/head-differs', undefined, rewritten.bundle(), {
      heads: [honest.head],
    }),
    lie('a kept head by another key', 'ledger/head-invalid', undefined, honest.bundle(), {
      heads: [forgedHead()],
    }),
    lie('a kept head of another log', 'ledger/head-invalid', undefined, honest.bundle(), {
      heads: [new Story({ origin: 'other.example/ledger' }).begin().head],
    }),
    lie('a restored backup against a journal', 'ledger/journal-pin-ahead', undefined, backup.bundle(), {
      journals: [honest.journal('dave')],
    }),
    lie('a rewritten past against a journal', 'ledger/journal-pin-differs', undefined, rewritten.bundle(), {
      journals: [honest.journal('carol')],
    }),
    lie('a swallowed denial', 'ledger/journal-decision-missing', undefined, swallowed.bundle(), {
      journals: [swallowed.journal('carol')],
    }),
    lie('a journal of another deployment', 'ledger/journal-foreign', undefined, honest.bundle(), {
      journals: [foreign.journal('carol')],
    }),
    lie('a journal by a stranger', 'ledger/journal-invalid', undefined, honest.bundle(), {
      journals: [unpinned(malloryJournal)],
    }),
    lie('a decision carried into a rewritten past', 'ledger/witness-mismatch', at, replayed.bundle()),
  ];
}

function forgedHead(): string {
  const story = new Story().begin();
  story.executor = signerOf('mallory');
  story.note('operator', { person: 'alice', verb: 'note', text: 'x' });
  return story.head;
}
