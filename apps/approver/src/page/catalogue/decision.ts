import { formatCount, formatQuantity } from '@countersign/wording';

/** How a person decides, and hands the decision over. */
export const decisionTexts = {
  decide: {
    title: 'Your decision',
    legend: 'What do you say?',
    approve: 'Approve',
    approveHint: 'It runs when the quorum agrees.',
    deny: 'Deny',
    denyHint: 'It never runs. One denial is enough.',
    amend: 'Amend',
    amendHint: 'A denial with a proposal: it comes back as a new request.',
    note: 'Note',
    noteHint: 'The operator, later approvers and auditors read it.',
    conditions: 'Narrower conditions',
    rowsMax: 'At most so many rows',
    notBefore: 'Not before',
    notAfter: 'Not after',
    timeHint: 'in UTC, like 2026-01-31T09:00:00Z',
    proposal: 'Your proposal',
    proposalHint:
      'Change the text; it is submitted and approved anew. Parameters do not go along: write values out.',
    rows: 'How many rows does it change?',
    rowsHint: 'Rows or objects are lost. Count them in the changes above.',
    roster: 'The number of the new roster',
    rosterHint: 'The roster changed as shown under the checks. Compare it with who holds a root key.',
    reach: (parts: readonly string[]): string =>
      `The whole of what changes must have been on the screen. Seen: ${parts.join(', ')}.`,
    reachedOf: {
      rows: (seen: number, count: number): string =>
        `${formatCount(seen)} of ${formatQuantity(count, 'changed row')}`,
      lines: (seen: number, count: number): string =>
        `${formatCount(seen)} of ${formatQuantity(count, 'line')} about the schema`,
    },
    reached: 'Every changed row was on the screen.',
    reachedSchema: 'Every change of the schema was on the screen.',
    nothingToReach: 'No changed row and no change of the schema came with the request.',
    incomplete:
      'Not everything that changes came with the request, or could be tried: what is missing here, nobody can have seen.',
    goOn: 'Go to the first row not seen',
    goOnSchema: 'Go to the first line not seen',
    sign: {
      none: 'Sign',
      approve: 'Sign the approval',
      deny: 'Sign the denial',
      amend: 'Sign the amendment',
    },
    signing: 'Signing',
    blocked: 'Before you can sign',
    why: {
      choice: 'Choose what you say.',
      rows: 'Type the number of rows.',
      reach: 'Go through all that changes.',
      roster: 'Type the number of the new roster.',
      passphrase: 'Type your passphrase.',
      proposal: 'Change the statement: the proposal is the request as it stands.',
    },
  },
  out: {
    title: { approve: 'Approval signed', deny: 'Denial signed', amend: 'Amendment signed' },
    request: (words: string): string => `Request ${words}`,
    keep: 'First, keep your journal',
    kept: 'Your journal is written to your folder.',
    keepWhy:
      'It holds the number of this decision. Without it, the next decision would use the number again and be refused.',
    save: (name: string): string => `Save ${name}`,
    saved: 'Saved. Put it beside your key, over the older one.',
    saveFailed: 'The folder did not take it. Save it by hand.',
    hand: 'Then hand the response over',
    handLead: 'The executor reads it with its camera or from the file.',
    file: 'Save the response',
    held: 'The response is shown once the journal is kept.',
    code: 'QR code of the response',
    codes: (number: number, count: number, needed: number): string =>
      `Code ${number} of ${count}, over and over; any ${needed} of them are enough`,
    smaller: 'Not read? Show smaller codes',
    pause: 'Stand still',
    play: 'Go on',
    several: (count: number): string =>
      `It holds ${formatQuantity(count, 'decision')}: this one, and earlier ones that the ledger has not confirmed.`,
    next: 'Open another request',
  },
} as const;
