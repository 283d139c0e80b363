import { utf8 } from '@countersign/codec';
import { requestHash, Story } from './story.ts';
import { told, type Lie } from './lie.ts';

function headOf(story: Story): { readonly size: number; readonly root: Uint8Array } {
  const [, size = '', root = ''] = story.head.split('\n');
  return { size: Number(size), root: new Uint8Array(Buffer.from(root, 'base64')) };
}

const refused = 'ledger/decision-not-counted';
const other = new Story().begin();
other.note('operator', { person: 'alice', verb: 'note', text: 'another past' });

/** Lies about what approvers said. */
export const decisionLies: readonly Lie[] = [
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
