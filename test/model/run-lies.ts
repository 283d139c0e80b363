import { signerOf } from './story-cast.ts';
import type { Story } from './story.ts';
import { told, type Lie } from './lie.ts';

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

/** A request that was declared an emergency, which policy denies otherwise. */
export function declared(s: Story): ReturnType<Story['ask']> {
  const made = s.submit({ breakGlass: true });
  s.verdict(made, { rules: ['emergency'] });
  s.request(made, { breakGlass: { decision: 'deny', quorum: [] } });
  return made;
}

/** A request that two approved, to be run in a window. */
export function windowed(s: Story, window: string): ReturnType<Story['ask']> {
  const policy = {
    digest: s.policyDigest,
    rules: ['writes-need-two'],
    reason: 'a write to production',
    quorum: [[{ role: 'dba', count: 2 }]],
    obligations: [['window', window]] as const,
  };
  const made = s.ask({ policy });
  s.decide(made, 'carol');
  s.decide(made, 'dave');
  return made;
}

/** Lies about runs. */
export const runLies: readonly Lie[] = [
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
  told('a run outside the signed window', 'ledger/window-unmet', (s) => {
    // A story begins on a Monday at 14:13.
    return s.intent(windowed(s, 'mon 15:00 - tue 00:00, wed 14:00 - wed 15:00 UTC'));
  }),
  told('a run in a window that never opens', 'ledger/window-unmet', (s) => s.intent(windowed(s, 'never'))),
  told('a run in a window of no form', 'ledger/window-unmet', (s) => s.intent(windowed(s, 'mon - tue'))),
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
  told('a second intent without an end', 'ledger/transition', (s) => s.intent(running(s))),
  told('a cut-off run that was none', 'ledger/transition', (s) => s.cutOff(approved(s))),
  told('a cut-off run of another attempt', 'ledger/intent-mismatch', (s) => s.cutOff(running(s), 2)),
  told('a cut-off run of nothing', 'ledger/request-unknown', (s) => s.cutOff({ id: new Uint8Array(16) })),
  told('a cut-off run in other words', 'ledger/body-malformed', (s) =>
    s.note('operator', { person: 'executor', verb: 'run-cut-off', text: 'x' }),
  ),
  told('a cut-off run that had ended', 'ledger/transition', (s) => s.cutOff(s.run())),
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
  told('a receipt that hides a declaration', 'ledger/receipt-mismatch', (s) => {
    const a = declared(s);
    s.decide(a, 'carol');
    s.decide(a, 'dave');
    s.intent(a);
    return s.receipt(a);
  }),
  told('a receipt of a declaration that nobody made', 'ledger/receipt-mismatch', (s) =>
    s.receipt(running(s), { breakGlass: true }),
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
  told('another effect than was signed, of a run that was resolved', 'ledger/effect-differs', (s) => {
    const a = running(s);
    s.receipt(a, { outcome: 'ambiguous', effect: null });
    const effect = a.request?.effect;
    return s.receipt(a, {
      outcome: 'resolved-ran',
      effect: effect === undefined ? null : { ...effect, rows: 2 },
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
  told('more rows than an approval allows, of a run that was resolved', 'ledger/condition-unmet', (s) => {
    const a = s.ask();
    s.decide(a, 'carol', { conditions: { rowsMax: 0 } });
    s.decide(a, 'dave');
    s.intent(a);
    s.receipt(a, { outcome: 'ambiguous', effect: null });
    return s.receipt(a, { outcome: 'resolved-ran' });
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
