import type { Choice, ClaimName, PersonKind } from '@countersign/messages';
import type { CheckName } from '../shown-review.ts';
import type { SectionId } from '../document.ts';

/** Titles of sections. */
export const sectionTitles: Readonly<Record<SectionId, string>> = {
  emergency: 'An emergency was declared',
  checks: 'Checks made on this machine',
  who: 'Who asks',
  why: 'Why (in the words of who asks)',
  where: 'Where it would run',
  what: 'What would run',
  facts: 'What the statements do',
  changes: 'What it changes',
  schema: 'What it changes in the schema',
  locks: 'What it keeps others from while it runs',
  'not-previewed': 'What could not be previewed',
  policy: 'Why approval is needed',
  quorum: 'Who must approve',
  clocks: 'Until when',
  refusal: 'Refused',
};

/** What each check establishes, as a sentence that is true when it passed. */
export const checkTexts: Readonly<Record<CheckName, string>> = {
  'request-signature': 'The executor signed this request.',
  'submission-signature': 'The requester signed these statements and this reason.',
  roster: 'The roster was signed by enough root keys.',
  checkpoint: 'The executor signed this state of the ledger.',
  inclusion: 'The request is in the ledger.',
  consistency: 'The ledger only grew since this machine last saw it.',
  'last-decision': 'Your last decision is in the ledger.',
  'in-time': 'The time to review this has not passed by the clock of this machine.',
  'diff-digest': 'The rows shown are the ones that the request commits to.',
  facts: 'The executor says no less than this machine reads.',
};

/** What a check that had nothing to compare with means. */
export const skippedTexts: Readonly<Record<CheckName, string>> = {
  'request-signature': 'The signature of the request was not checked.',
  'submission-signature': 'The signature of the requester was not checked.',
  roster: 'The roster was not checked.',
  checkpoint: 'The state of the ledger was not checked.',
  inclusion: 'It was not checked that the request is in the ledger.',
  consistency: 'This machine has not seen this ledger before, so its past could not be compared.',
  'last-decision':
    'You have not decided anything in this ledger yet, so nothing of yours can be gone from it.',
  'in-time': 'The times of the request were not checked.',
  'diff-digest': 'The request carries no rows, so none could be compared.',
  facts: 'This machine cannot read this dialect, so the executor is taken at its word.',
};

/** What it means that a check did not find what it looked for. */
export const missingTexts = {
  'last-decision':
    'Your last decision is not in the ledger. If you have not handed it over yet, do. If you have, it was withheld: do not approve, and ask.',
} as const;

export const choiceTexts: Readonly<Record<Choice, string>> = {
  approve: 'approved',
  deny: 'denied',
  amend: 'proposed another statement',
};

/** Labels of what the requester claims of itself. */
export const claimTexts: Readonly<Record<ClaimName, string>> = {
  on_behalf_of: 'Claims for',
  agent_model: 'Claims model',
  intent: 'Claims intent',
  backup: 'Claims backup',
  backup_at: 'Made at',
};

/** Labels of the obligations that say more than that something was brought. */
export const obligationTexts: ReadonlyMap<string, string> = new Map([
  ['window', 'Runs only'],
  ['backup', 'Backup'],
  ['mask', 'Masks'],
  ['may_drift', 'May differ'],
  ['fewer_rows', 'Fewer rows'],
]);

export const kindTexts: Readonly<Record<PersonKind, string>> = {
  human: 'a person',
  service: 'a service, not a person',
  agent: 'an AI agent, not a person',
};
