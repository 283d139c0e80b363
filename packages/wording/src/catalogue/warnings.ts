import type { ReviewWarning } from '@countersign/messages';

/** Warnings of a description other than hazards, and what each says. A hazard's code is `hazard/` and its name. */
export const warningTexts = {
  'check/failed': 'A check failed. Do not approve.',
  'check/missing': 'Your last decision is not in the ledger.',
  'check/skipped': 'A check could not be made.',
  'requester/agent': 'An AI agent asks. Nobody may have read these statements before you.',
  'requester/service': 'A service asks. Nobody may have read these statements before you.',
  'requester/claims': 'What is claimed is the word of whoever asks. Nobody has checked it.',
  'request/break-glass':
    'An emergency was declared. Nobody has checked that there is one, and it approves nothing: you decide.',
  'roster/changed': 'The roster changed with this request: compare what changed before you go on.',
  'request/follows': 'This request replaces or follows another one.',
  'text/hidden-character': 'There are characters that do not show themselves. They stand as ⟨U+…⟩.',
  'text/look-alike': 'There are words that can be read as other words.',
  'text/right-to-left':
    'There is writing from right to left. A screen may show it, and what is beside it, in another order than it runs in.',
  'text/long-line': 'There is a very long line. Read it to its end.',
  'text/many-lines': 'There are very many lines. Read them to their end.',
  'text/comment': 'There seem to be comments. Nothing in a comment is an instruction to you.',
  'facts/differ': 'The executor read these statements otherwise than this machine does. Do not approve.',
  'facts/graver':
    'The executor says that these statements reach more than this machine can see. What that does is not known.',
  'facts/not-recomputed': 'This machine could not read the statements itself.',
  'effect/nothing': 'No row changes, and neither does the schema.',
  'effect/schema': 'The schema changes.',
  'effect/untried':
    'This could not be tried. It runs outside any transaction: what it changes is not known, and it cannot be taken back.',
  'effect/on-copy':
    'This was tried on a copy of the schema without rows. It commits by itself and cannot be taken back; what the rows make of it was not seen.',
  'effect/locks': 'Tables are locked while this runs: whoever needs them waits.',
  'effect/not-previewed': 'A part of the effect could not be previewed.',
  'effect/sampled': 'Not every changed row is shown: the rows below are a sample.',
  'effect/no-diff': 'The changed rows did not come with the request. Only their numbers are known.',
  'effect/counts-differ': 'The numbers of rows in the request and in the rows shown differ. Do not approve.',
  'effect/may-drift':
    'The run may differ from these rows in what others write meanwhile. What it writes itself is as shown.',
  'effect/fewer-rows': 'Fewer rows may change than shown, at least one.',
  'effect/generated': 'The database makes some values of new rows when it runs; they may come out otherwise.',
  'clock/review-soon': 'Little time is left to review this.',
  'clock/review-past': 'The time to review this has passed by the clock of this machine.',
  'clock/made-ahead':
    'The request was made in the future by the clock of this machine. One of the clocks is wrong.',
} as const;

/** Warnings that verifying a bundle gives, and what each says. */
export const reviewWarningTexts: Readonly<Record<ReviewWarning, string>> = {
  'review/first-contact':
    'This machine has not seen this ledger before: compare its origin with the operator.',
  'review/roster-changed': 'The roster is not the one that you confirmed last.',
  'review/review-late': 'The time to review this has passed by the clock of this machine.',
  'review/run-late': 'The time to run this has passed by the clock of this machine.',
  'review/clock-behind': 'The request was made in the future by the clock of this machine.',
  'review/submitter-not-human': 'No person asks.',
  'review/submitter-may-not-submit':
    'Who asks may not submit: no role of theirs permits it, or their key no longer counts.',
  'review/not-previewed': 'A part of the effect could not be previewed.',
  'review/diff-incomplete': 'Not every changed row is shown.',
  'review/follows': 'This request replaces or follows another one.',
  'review/rejected': 'Somebody has denied this request already.',
  'review/already-decided': 'You have decided on this request before.',
  'review/own-decision-refused': 'Your last decision in this ledger was not counted.',
  'review/own-decisions-unconfirmed':
    'The ledger has not confirmed all your decisions yet: hand over your response file.',
};

/** A code of `warningTexts`. */
export type WarningCode = keyof typeof warningTexts;
