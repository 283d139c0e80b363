import type { EntryType } from '@countersign/messages';
import { belongsToRequest } from '../append.ts';
import { LedgerError } from '../ledger-error.ts';
import type { Content, VerifiedEntry } from './content.ts';
import type { ReadEntry } from './entry-check.ts';
import type { Life } from './life.ts';
import { replayDecision, replayRefusedDecision } from './replay-decision.ts';
import { replayGenesis, replayPolicy, replayRoster, replayWitness } from './replay-foundation.ts';
import { replayRead, replaySubmission, replayVerdict } from './replay-intake.ts';
import { replayClosed, replayExport, replayRequest } from './replay-request.ts';
import { replayIntent, replayOperator, replayReceipt } from './replay-run.ts';
import type { ReplayState } from './replay-state.ts';
import type { LifeTurn, Turn } from './turn.ts';

/** Entry types whose body may be erased; the others are what verification stands on. */
const erasable: readonly EntryType[] = ['submission', 'request', 'export', 'receipt', 'read', 'operator'];
/** Of these, the ones that later entries of the same life are not judged by. */
const inconsequential: readonly EntryType[] = ['export', 'read'];

const noOne: Life['requester'] = { person: '', kid: new Uint8Array(32) };

/**
 * Plays the next entry upon `state` and returns it, verified; an entry that could not have been written honestly is refused.
 * @throws LedgerError with the entry's index
 */
export function replayEntry(state: ReplayState, read: ReadEntry): VerifiedEntry {
  const { entry, bytes, body } = read;
  const { index } = entry;
  if ((entry.requestId !== undefined) !== belongsToRequest(entry.type)) {
    throw new LedgerError(
      'ledger/request-id-mismatch',
      `a request id missing or misplaced on a ${entry.type}`,
      { index },
    );
  }
  const content = body === null ? replayErased(state, read) : replayBody(state, { ...read, body }, index);
  return { index, entry, bytes, body, content, by: byOf(state, content) };
}

function replayErased(state: ReplayState, read: ReadEntry): Content {
  const { type, index, requestId, bodyHash } = read.entry;
  if (!erasable.includes(type)) {
    throw new LedgerError('ledger/body-needed', `the body of a ${type} is gone, expected it`, { index });
  }
  if (type === 'operator') state.notesErased = true;
  if (requestId === undefined) return { type: 'erased' };
  if (type === 'submission') {
    state.beginLife(read, {
      submissionHash: bodyHash,
      submission: undefined,
      requester: noOne,
      byAgent: false,
      token: undefined,
    });
  } else {
    const life = state.continueLife(read);
    if (!inconsequential.includes(type)) life.proved = false;
  }
  return { type: 'erased' };
}

function replayBody(state: ReplayState, read: ReadEntry & { body: Uint8Array }, index: number): Content {
  const { type } = read.entry;
  if (type === 'genesis') return replayGenesis({ ...read, index, state });
  if (type === 'roster') return replayRoster({ ...read, index, state });
  const turn: Turn = { ...read, index, state, ...state.foundation(index) };
  switch (type) {
    case 'submission':
      return replaySubmission(turn);
    case 'refused-decision':
      return replayRefusedDecision(turn);
    case 'policy':
      return replayPolicy(turn);
    case 'witness':
      return replayWitness(turn);
    case 'operator':
      return replayOperator(turn);
    default:
      return replayStep(type, { ...turn, life: state.continueLife(read) });
  }
}

type StepType = 'verdict' | 'request' | 'export' | 'decision' | 'intent' | 'receipt' | 'closed' | 'read';

function replayStep(type: StepType, turn: LifeTurn): Content {
  switch (type) {
    case 'verdict':
      return replayVerdict(turn);
    case 'request':
      return replayRequest(turn);
    case 'export':
      return replayExport(turn);
    case 'decision':
      return replayDecision(turn);
    case 'intent':
      return replayIntent(turn);
    case 'receipt':
      return replayReceipt(turn);
    case 'closed':
      return replayClosed(turn);
    case 'read':
      return replayRead(turn);
  }
}

function byOf({ chain }: ReplayState, content: Content): string | undefined {
  switch (content.type) {
    case 'erased':
      return undefined;
    case 'submission':
    case 'decision':
    case 'refused-decision':
      return chain?.holder(content.signed.kid)?.person.id;
    case 'operator':
      return content.note.person;
    case 'closed':
      return content.note.by;
    case 'witness':
      return chain?.holder(content.note.kid)?.person.id;
    default:
      return 'executor';
  }
}
