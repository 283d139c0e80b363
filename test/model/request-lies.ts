import { sha256, utf8 } from '@countersign/codec';
import { signerOf } from './story-cast.ts';
import type { Story } from './story.ts';
import { told, type Lie } from './lie.ts';

const open = (s: Story): ReturnType<Story['submit']> => {
  const made = s.submit();
  s.verdict(made);
  return made;
};

/** Lies about requests and how they ended without a run. */
export const requestLies: readonly Lie[] = [
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
  told('a request of a declaration that nobody made', 'ledger/request-differs', (s) =>
    s.request(open(s), { breakGlass: { decision: 'deny', quorum: [] } }),
  ),
  told('a request that hides a declaration', 'ledger/request-differs', (s) => {
    const a = s.submit({ breakGlass: true });
    s.verdict(a);
    return s.request(a);
  }),
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
