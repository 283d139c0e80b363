import { nextSteps, type Explanations } from './explanation.ts';

const { alarm, admin, ask, damaged, newer, nothing } = nextSteps;

/** Why a decision was not counted by the executor, or conditions kept a run from starting. */
export const decisionExplanations: Explanations = {
  'decision/bytes-malformed': ['The decision is not in the form that decisions have.', damaged],
  'decision/type-unexpected': [
    'This is a signed record, but not a decision.',
    'Import the file that the approver made.',
  ],
  'decision/schema-mismatch': ['The decision has fields that are not known, or lacks some.', newer],
  'decision/domain-mismatch': [
    'The decision is for another deployment.',
    'Import it where the request was made.',
  ],
  'decision/roster-unknown': ['The decision names a roster that this ledger has never had.', alarm],
  'decision/key-unknown': [
    'The key that signed is not in the roster.',
    'Let the approver sign with a key of the roster.',
  ],
  'decision/signature-invalid': ['The signature does not fit the decision.', alarm],
  'decision/request-unknown': [
    'The decision is on a request that this executor does not know.',
    'Import it where the request was made.',
  ],
  'decision/request-hash-mismatch': ['The decision is on other bytes than those of this request.', alarm],
  'decision/request-withdrawn': ['The request was withdrawn before the decision came.', nothing],
  'decision/request-superseded': [
    'Another request has taken the place of this one.',
    'Review the newer request.',
  ],
  'decision/request-expired': [
    'The request had expired before the decision came.',
    'Submit it again if it is still needed.',
  ],
  'decision/request-rejected': ['The request had been rejected before the decision came.', nothing],
  'decision/request-finished': ['The request was already run.', nothing],
  'decision/review-late': [
    'The decision came after the time to review had passed.',
    'Submit the request again if it is still needed.',
  ],
  'decision/key-not-yet-valid': ['The key of the approver is not valid yet.', admin],
  'decision/key-expired': ['The key of the approver is no longer valid.', admin],
  'decision/key-revoked': ['The key of the approver was revoked.', 'Let another approver decide.'],
  'decision/not-human': [
    'The key belongs to a service or an agent; only persons approve.',
    'Let a person decide.',
  ],
  'decision/role-missing': [
    'The approver has none of the roles that are asked for.',
    'Let somebody with such a role decide.',
  ],
  'decision/quorum-complete': ['All the approvals that are needed were there already.', nothing],
  'decision/step-not-open': [
    'The approver belongs to a later step; an earlier one is incomplete.',
    'Let the approver review and sign again when the earlier step is complete.',
  ],
  'decision/step-complete': ['The step that the approver belongs to was complete already.', nothing],
  'decision/place-filled': [
    'Every place that the approver could fill was taken already.',
    'Let somebody with another role of this step decide.',
  ],
  'decision/requester': ['Who asks cannot approve.', 'Let somebody else decide.'],
  'decision/already-voted': ['This person has voted already.', 'Let somebody else decide.'],
  'decision/summary-view': [
    'The approver saw a summary only.',
    'Let the approver review the full view and sign again.',
  ],
  'decision/sequence-gap': [
    'An earlier decision of this approver is missing.',
    'Import the newest response file of this approver; it holds the missing ones.',
  ],
  'decision/sequence-replayed': ['The approver has used this number for another decision.', alarm],
  'decision/previous-mismatch': ['The decision follows another one than the ledger has.', alarm],
  'decision/origin-mismatch': [
    'The approver looked at another ledger.',
    'Import the decision where the request was made.',
  ],
  'decision/witness-ahead': ['The approver saw a longer ledger than this one is.', alarm],
  'decision/witness-before-request': ['The approver saw a ledger without this request.', alarm],
  'decision/seen-root-mismatch': ['The approver saw another history than this ledger has.', alarm],
  'decision/pinned-root-mismatch': [
    'What the approver had seen earlier is not in the history of this ledger.',
    alarm,
  ],
  'decision/condition-after-window': [
    'The approval begins after the request must have run.',
    'Let the approver sign again with other conditions.',
  ],
  'decision/condition-before-request': [
    'The approval ends before the request was made.',
    'Let the approver sign again with other conditions.',
  ],
  'decision/condition-empty': [
    'The approval ends before it begins.',
    'Let the approver sign again with other conditions.',
  ],
  'decision/condition-wider': [
    'The approval allows more rows than the request changes.',
    'Let the approver sign again with other conditions.',
  ],
  'condition/too-early': ['An approver allows the run only later.', 'Run it later.'],
  'condition/too-late': [
    'An approver allowed the run only until a time that has passed.',
    'Submit the request again.',
  ],
  'condition/too-many-rows': [
    'The run would change more rows than an approver allowed.',
    'Submit the request again.',
  ],
  'condition/run-late': ['The time to run the request has passed.', 'Submit the request again.'],
  'approval/review-late': [
    'The time to review this request has passed by the clock of this machine, so an approval would be refused.',
    'Compare the clock of this machine with one you trust. If it is right, the request has to be submitted again.',
  ],
  'approval/run-late': [
    'The time to run this request has passed by the clock of this machine, so an approval would be refused.',
    'Compare the clock of this machine with one you trust. If it is right, the request has to be submitted again.',
  ],
  compose: ['The decision cannot be made with this key, now, or so.', ask],
  'compose/roster-unconfirmed': [
    'The roster has changed, and you have not confirmed the new one.',
    'Compare what changed with somebody who holds a root key, and confirm it.',
  ],
  'compose/state-stale': [
    'Something else has used your key since you opened this request.',
    'Open the request again.',
  ],
  rows: ['The number of rows was not confirmed.', 'Count the rows that are shown, and type their number.'],
  'rows/differ': [
    'The number typed is not the number of rows that the request changes.',
    'Read the changes again, and type the number of rows.',
  ],
  'compose/not-permitted': [
    'The executor would refuse your decision: your role is not asked for now, you have voted, or you asked for this yourself.',
    'Let somebody else decide, or wait until your step is open.',
  ],
  'compose/summary-view': ['You have seen a summary only.', 'Open the full view, and read it.'],
  'compose/condition-wider': ['The conditions do not narrow the request.', 'Narrow the conditions.'],
  'compose/signature-mismatch': [
    'The signature that was just made does not verify.',
    'Do not use this machine until it has been examined.',
  ],
};
