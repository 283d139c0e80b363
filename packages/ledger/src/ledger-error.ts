/** Every way an append, an audit bundle or an evidence file is refused; docs/spec/ledger.md#what-verification-checks says what each means. */
export const ledgerErrorCodes = [
  'ledger/append-malformed',
  'ledger/entry-absent',
  'ledger/header-malformed',
  'ledger/item-malformed',
  'ledger/trailer-malformed',
  'ledger/truncated',
  'ledger/trailing-bytes',
  'ledger/entry-malformed',
  'ledger/index-mismatch',
  'ledger/chain-broken',
  'ledger/body-mismatch',
  'ledger/body-needed',
  'ledger/body-malformed',
  'ledger/genesis-misplaced',
  'ledger/genesis-mismatch',
  'ledger/roster-missing',
  'ledger/roster-invalid',
  'ledger/executor-unknown',
  'ledger/signature-invalid',
  'ledger/request-id-mismatch',
  'ledger/request-unknown',
  'ledger/submission-repeated',
  'ledger/submitter-not-valid',
  'ledger/token-invalid',
  'ledger/token-unknown',
  'ledger/policy-mismatch',
  'ledger/policy-unknown',
  'ledger/emergency-unfounded',
  'ledger/hash-mismatch',
  'ledger/transition',
  'ledger/request-differs',
  'ledger/roster-mismatch',
  'ledger/sequence-mismatch',
  'ledger/decision-not-counted',
  'ledger/refusal-unfounded',
  'ledger/refusal-mismatch',
  'ledger/witness-mismatch',
  'ledger/quorum-incomplete',
  'ledger/intent-mismatch',
  'ledger/condition-unmet',
  'ledger/window-unmet',
  'ledger/receipt-mismatch',
  'ledger/effect-differs',
  'ledger/tolerance-exceeded',
  'ledger/executed-twice',
  'ledger/close-unfounded',
  'ledger/size-mismatch',
  'ledger/root-mismatch',
  'ledger/checkpoint-invalid',
  'ledger/head-invalid',
  'ledger/head-ahead',
  'ledger/head-differs',
  'ledger/journal-foreign',
  'ledger/journal-invalid',
  'ledger/journal-pin-ahead',
  'ledger/journal-pin-differs',
  'ledger/journal-decision-missing',
  'evidence/malformed',
  'evidence/request-absent',
  'evidence/incomplete',
  'evidence/not-included',
  'evidence/mismatch',
] as const;

export type LedgerErrorCode = (typeof ledgerErrorCodes)[number];

/** A refusal: the rule broken, and the entry that breaks it where one does. */
export class LedgerError extends Error {
  readonly code: LedgerErrorCode;
  /** Ledger index of the first bad entry; undefined when the fault is in none of them. */
  readonly index: number | undefined;

  constructor(code: LedgerErrorCode, message: string, facts: { index?: number; cause?: unknown } = {}) {
    const place = facts.index === undefined ? '' : `entry ${facts.index}: `;
    super(`${place}${message}`, facts.cause === undefined ? {} : { cause: facts.cause });
    this.name = 'LedgerError';
    this.code = code;
    this.index = facts.index;
  }
}
