import { utf8 } from '@countersign/codec';
import type { ApproverState } from '@countersign/messages';
import { signerOf } from './story-cast.ts';
import { Story } from './story.ts';
import { lie, type Lie } from './lie.ts';

function forgedHead(): string {
  const story = new Story().begin();
  story.executor = signerOf('mallory');
  story.note('operator', { person: 'alice', verb: 'note', text: 'x' });
  return story.head;
}

const honest = new Story().begin();
honest.run();
const rewritten = new Story().begin();
rewritten.ask();
rewritten.note('operator', { person: 'alice', verb: 'note', text: 'one' });
for (let i = 0; i < 8; i += 1) rewritten.note('operator', { person: 'alice', verb: 'note', text: 'more' });
const backup = new Story().begin();
const replayed = new Story().begin();
const again = replayed.ask();
replayed.note('operator', { person: 'alice', verb: 'note', text: 'in the place of the export' });
const kept = honest.journal('carol').logs[0]?.journal[0]?.decision ?? utf8('x');
const at = replayed.append('decision', kept, again).index;
const foreign = new Story({ domain: new Uint8Array(16).fill(9) });
const mallory = new Story().begin();
mallory.sign(mallory.ask(), 'mallory');
const malloryJournal = mallory.journal('mallory');
const unpinned = (state: ApproverState): ApproverState => ({
  ...state,
  logs: state.logs.map((log) => ({ ...log, pinned: null })),
});
const swallowed = new Story().begin();
swallowed.sign(swallowed.ask(), 'carol', { choice: 'deny' });

/** What only somebody who kept something can see. */
export const pastLies: readonly Lie[] = [
  lie('a restored backup against a kept head', 'ledger/head-ahead', undefined, backup.bundle(), {
    heads: [honest.head],
  }),
  lie('a rewritten past against a kept head', 'ledger/head-differs', undefined, rewritten.bundle(), {
    heads: [honest.head],
  }),
  lie('a kept head by another key', 'ledger/head-invalid', undefined, honest.bundle(), {
    heads: [forgedHead()],
  }),
  lie('a kept head of another log', 'ledger/head-invalid', undefined, honest.bundle(), {
    heads: [new Story({ origin: 'other.example/ledger' }).begin().head],
  }),
  lie('a restored backup against a journal', 'ledger/journal-pin-ahead', undefined, backup.bundle(), {
    journals: [honest.journal('dave')],
  }),
  lie('a rewritten past against a journal', 'ledger/journal-pin-differs', undefined, rewritten.bundle(), {
    journals: [honest.journal('carol')],
  }),
  lie('a swallowed denial', 'ledger/journal-decision-missing', undefined, swallowed.bundle(), {
    journals: [swallowed.journal('carol')],
  }),
  lie('a journal of another deployment', 'ledger/journal-foreign', undefined, honest.bundle(), {
    journals: [foreign.journal('carol')],
  }),
  lie('a journal by a stranger', 'ledger/journal-invalid', undefined, honest.bundle(), {
    journals: [unpinned(malloryJournal)],
  }),
  lie('a decision carried into a rewritten past', 'ledger/witness-mismatch', at, replayed.bundle()),
];
