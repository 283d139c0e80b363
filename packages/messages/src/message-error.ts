import type { CodecError } from '@countersign/codec';
import type { MerkleError } from '@countersign/merkle';

/** Every code that this package throws, in the order of the pages that name them. */
export const messageErrorCodes = [
  'message/domain-mismatch',
  'message/names-unsorted',
  'message/times-unordered',
  'message/role-repeated',
  'message/untried-effect',
  'message/ordinary-quorum',
  'message/copy-effect',
  'message/proposal-misplaced',
  'message/conditions-misplaced',
  'message/conditions-empty',
  'message/previous-misplaced',
  'message/pin-ahead',
  'roster/none',
  'roster/anchor-mismatch',
  'roster/number-gap',
  'roster/previous-mismatch',
  'roster/domain-changed',
  'roster/envelope-foreign',
  'roster/envelope-invalid',
  'roster/threshold-missed',
  'roster/threshold-invalid',
  'roster/keys-unsorted',
  'roster/key-weak',
  'roster/key-repeated',
  'roster/role-repeated',
  'roster/role-unknown',
  'roster/role-confusable',
  'roster/role-understaffed',
  'roster/may-repeated',
  'roster/person-id-invalid',
  'roster/person-repeated',
  'roster/person-confusable',
  'roster/name-hidden-character',
  'roster/validity-empty',
  'roster/approver-not-human',
  'roster/origin-invalid',
  'roster/origin-repeated',
  'roster/revocation-repeated',
  'roster/revocation-in-force',
  'roster/revocation-unknown',
  'roster/revocation-dropped',
  'bundle/version',
  'bundle/malformed',
  'bundle/state-domain',
  'bundle/roster-older',
  'bundle/roster-forked',
  'bundle/request-invalid',
  'bundle/request-roster-unknown',
  'bundle/submission-invalid',
  'bundle/submission-mismatch',
  'bundle/checkpoint-invalid',
  'bundle/entry-mismatch',
  'bundle/entry-not-included',
  'bundle/checkpoint-older',
  'bundle/checkpoint-forked',
  'bundle/consistency-missing',
  'bundle/consistency-invalid',
  'bundle/last-decision-missing',
  'bundle/last-decision-unknown',
  'bundle/last-decision-older',
  'bundle/last-decision-mismatch',
  'bundle/last-decision-not-included',
  'bundle/decision-invalid',
  'bundle/decision-uncountable',
  'bundle/diff-missing',
  'bundle/diff-repeated',
  'state/malformed',
  'state/log-repeated',
  'state/journal-broken',
  'state/sequence-mismatch',
  'compose/roster-unconfirmed',
  'compose/state-stale',
  'compose/not-permitted',
  'compose/summary-view',
  'compose/condition-wider',
  'compose/signature-mismatch',
] as const;

export type MessageErrorCode = (typeof messageErrorCodes)[number];

/** Where in its container the fault lies, and what stood there. */
export interface MessageErrorFacts {
  /** Position in the list that was read (roster, decision), from 0. */
  readonly index?: number;
  /** A name out of the input, as given. */
  readonly name?: string;
  readonly cause?: CodecError | MerkleError | MessageError;
}

/** Why a record, a roster or a bundle is refused. */
export class MessageError extends Error {
  readonly code: MessageErrorCode;
  readonly index: number | undefined;
  readonly subject: string | undefined;

  constructor(code: MessageErrorCode, message: string, facts: MessageErrorFacts = {}) {
    const subject = facts.name === undefined ? '' : `: ${quote(facts.name)}`;
    super(`${message}${subject}`, facts.cause === undefined ? {} : { cause: facts.cause });
    this.name = 'MessageError';
    this.code = code;
    this.index = facts.index;
    this.subject = facts.name;
  }
}

/** Returns `text` in quotes, cut at 64 characters, with control, bidi and other invisible characters escaped. */
export function quote(text: string): string {
  const shown = Array.from(text).slice(0, 64).map(visible).join('');
  return text.length > 64 ? `"${shown}"…` : `"${shown}"`;
}

function visible(character: string): string {
  if (!/[\p{C}\p{Z}"\\\p{Default_Ignorable_Code_Point}]/u.test(character) || character === ' ')
    return character;
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
