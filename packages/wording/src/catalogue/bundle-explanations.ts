import { nextSteps, type Explanations } from './explanation.ts';

const { alarm, admin, ask, damaged, newer } = nextSteps;

/** Why a request, a roster or the state of this machine is refused before anything is shown. */
export const bundleExplanations: Explanations = {
  message: ['The record breaks a rule of its form.', newer],
  'message/domain-mismatch': ['This belongs to another deployment.', 'Choose the file of this deployment.'],
  bundle: ['The request file does not hold together.', alarm],
  'bundle/version': ['The request file is of a later version than this program reads.', newer],
  'bundle/malformed': ['This is not a request file, or it is damaged.', damaged],
  'bundle/state-domain': [
    'The request belongs to another deployment than this key was set up for.',
    'Use the folder that was set up for that deployment.',
  ],
  'bundle/roster-older': ['The request comes with an older roster than this machine has.', ask],
  'bundle/roster-forked': [
    'The request comes with another roster than this machine has, under the same number.',
    alarm,
  ],
  'catalog/partial': ['What the request says of the database leaves names open.', alarm],
  'catalog/session-differs': [
    'The statements were read under other settings than those that they would run under.',
    alarm,
  ],
  'effect/untried-differs': [
    'Whether the statements could be tried, the executor says otherwise than this machine reads.',
    alarm,
  ],
  'effect/copy-differs': [
    'Whether the statement met any rows when it was tried, the executor says otherwise than this machine reads.',
    alarm,
  ],
  'effect/tolerance-unsound': [
    'The request lets its run differ in what no tolerance can be about: the schema changes too, or the rows shown have it not or are named by it.',
    alarm,
  ],
  'bundle/request-invalid': ['No executor of the roster signed this request as it stands.', alarm],
  'bundle/submission-invalid': ['Nobody in the roster signed this submission as it stands.', alarm],
  'bundle/submission-mismatch': ['The request is not what its requester signed.', alarm],
  'bundle/request-roster-unknown': ['The request names a roster that did not come with it.', ask],
  'bundle/checkpoint-invalid': ['The state of the ledger is not signed by its executor.', alarm],
  'bundle/entry-mismatch': ['The ledger entry is not that of this request.', alarm],
  'bundle/entry-not-included': ['The request is not in the ledger.', alarm],
  'bundle/checkpoint-older': [
    'The ledger is shorter than when this machine last saw it: it was rolled back, or the file is old.',
    'Ask for a new export. If that is refused too, tell an auditor.',
  ],
  'bundle/checkpoint-forked': ['The ledger has another history than when this machine last saw it.', alarm],
  'bundle/consistency-missing': [
    'The request lacks the proof that the ledger only grew since this machine last saw it.',
    ask,
  ],
  'bundle/consistency-invalid': [
    'The ledger did not only grow since this machine last saw it: its past was changed.',
    alarm,
  ],
  'bundle/last-decision-unknown': [
    'The ledger has a decision of yours that this machine did not make.',
    alarm,
  ],
  'bundle/last-decision-older': [
    'The ledger has forgotten a decision of yours that it had confirmed.',
    alarm,
  ],
  'bundle/last-decision-missing': [
    'Your last decision is not in the ledger.',
    'Hand over your response file again. If it stays missing, tell an auditor.',
  ],
  'bundle/last-decision-mismatch': [
    'The ledger has another decision of yours than this machine made.',
    alarm,
  ],
  'bundle/last-decision-not-included': ['The proof that your last decision is in the ledger fails.', alarm],
  'bundle/decision-invalid': ['An earlier decision that came with the request does not verify.', alarm],
  'bundle/decision-uncountable': ['An earlier decision that is said to count cannot count.', alarm],
  'bundle/diff-missing': ['The changed rows did not come with the request.', ask],
  'bundle/diff-repeated': ['The changed rows came twice.', ask],
  diff: ['The changed rows are not those that the request commits to.', alarm],
  undo: [
    'The rows shown cannot be undone by a script.',
    'Restore from a backup, or write the way back by hand.',
  ],
  sql: ['The facts of the statements are not in the form that they have.', newer],
  merkle: ['A proof of the ledger fails.', alarm],
  checkpoint: ['The signed state of the ledger is refused.', alarm],
  state: [
    'The state file beside your key is damaged or belongs elsewhere.',
    'Restore it from its copy. Do not start anew: your pins and your journal would be lost.',
  ],
  'state/log-repeated': ['The state file beside your key holds a ledger twice.', 'Restore it from its copy.'],
  'state/journal-broken': [
    'The journal beside your key was changed.',
    'Restore it from its copy, and find out who could write it.',
  ],
  'state/sequence-mismatch': [
    'The state beside your key and its journal do not agree.',
    'Restore both from the same copy.',
  ],
  roster: ['The roster breaks a rule.', admin],
  'roster/none': ['There is no roster.', 'Install the roster of your deployment first.'],
  'roster/anchor-mismatch': [
    'The first roster is not the one that your root file names.',
    'Compare the root file with those who hold the root keys, by another way.',
  ],
  'roster/number-gap': ['A roster between the one here and the new one is missing.', ask],
  'roster/previous-mismatch': ['The roster does not follow the one before it.', alarm],
  'roster/envelope-foreign': ['The roster is signed by a key that is no root key.', alarm],
  'roster/envelope-invalid': ['A signature of the roster does not fit it.', alarm],
  'roster/threshold-missed': ['Too few root keys signed the roster.', admin],
};
