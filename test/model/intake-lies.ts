import { sha256, utf8 } from '@countersign/codec';
import { encodeLedgerBundle, parseBundle } from '@countersign/ledger';
import { firstRoster, signerOf } from './story-cast.ts';
import { joined, Story } from './story.ts';
import { lie, told, type Lie } from './lie.ts';

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

/** Lies about the foundation, submissions, verdicts and reads. */
export const intakeLies: readonly Lie[] = [
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
  told('an emergency of an agent that policy lets through', 'ledger/emergency-unfounded', (s) =>
    s.verdict(s.submit({ breakGlass: true }, 'pipeline'), { rules: ['emergency'] }),
  ),
  told('an emergency of an agent that runs unasked', 'ledger/emergency-unfounded', (s) =>
    s.verdict(s.submit({ breakGlass: true }, 'pipeline'), { decision: 'allow' }),
  ),
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
