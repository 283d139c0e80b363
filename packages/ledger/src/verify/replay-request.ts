import { encode, equalBytes, toHex } from '@countersign/codec';
import {
  executorKeys,
  submissionSchema,
  verifyRequest,
  type Request,
  type Signed,
  type Submission,
} from '@countersign/messages';
import type { Closed } from '../body.ts';
import { LedgerError } from '../ledger-error.ts';
import type { Content } from './content.ts';
import {
  noteOf,
  refused,
  requireHash,
  requireId,
  requireRequestHash,
  requireTurn,
  type LifeTurn,
} from './turn.ts';

/** A request is signed by this log's key and says what the submission, the verdict and the roster in force say. */
export function replayRequest(turn: LifeTurn): Content {
  const { genesis, chain, index, state, life } = turn;
  requireTurn(turn);
  let signed: Signed<Request>;
  try {
    signed = verifyRequest(turn.body, {
      domain: genesis.domain,
      keys: executorKeys(chain, genesis.origin),
      verifier: state.trust.verifier,
    });
  } catch (cause) {
    throw refused(cause, 'ledger/signature-invalid', 'a request that does not verify', index);
  }
  const { record } = signed;
  requireId(turn, record.id);
  requireHash(record.submissionHash, life.submissionHash, 'submission', index);
  requireRosterInForce(turn, record);
  requireFaithful(turn, record);
  if (state.sequences.has(record.sequence)) {
    throw new LedgerError('ledger/sequence-mismatch', `a second request of sequence ${record.sequence}`, {
      index,
    });
  }
  state.sequences.add(record.sequence);
  life.request = { signed, index };
  life.state = 'pending';
  return { type: 'request', signed };
}

function requireRosterInForce({ chain, index }: LifeTurn, { roster }: Request): void {
  const { number, hash } = chain.ref();
  if (roster.number === number && equalBytes(roster.hash, hash)) return;
  throw new LedgerError('ledger/roster-mismatch', `it names roster ${roster.number}, not the one in force`, {
    index,
  });
}

function requireFaithful({ life, state, index }: LifeTurn, request: Request): void {
  const differs = (what: string): LedgerError =>
    new LedgerError('ledger/request-differs', `its ${what} is not that of the ledger`, { index });
  const submission = life.submission?.record;
  if (submission !== undefined && request.target.name !== submission.target) throw differs('target');
  if (submission !== undefined && !sameStatements(submission, request)) throw differs('statements');
  if (submission !== undefined && !submission.breakGlass !== !request.breakGlass)
    throw differs('declaration');
  if (life.verdict !== undefined && !equalBytes(life.verdict.policyDigest, request.policy.digest)) {
    throw differs('policy');
  }
  if (request.follows === undefined || !state.ground.whole) return;
  const followed = state.lives.get(toHex(request.follows.id))?.request?.signed.hash;
  if (followed === undefined || !equalBytes(followed, request.follows.hash)) throw differs('predecessor');
}

/** Compares the statements by their encoding, inside a submission that is otherwise the same. */
function sameStatements(submission: Submission, { statements }: Request): boolean {
  const encoded = (item: Submission): Uint8Array => encode(submissionSchema.write(item));
  return equalBytes(encoded(submission), encoded({ ...submission, statements }));
}

/** An export is of the request while it is open. */
export function replayExport(turn: LifeTurn): Content {
  requireTurn(turn);
  const note = noteOf('export', turn);
  requireRequestHash(turn, note.requestHash);
  return { type: 'export', note };
}

/** A close is founded: on the clock, on a denial, or on somebody of the roster. */
export function replayClosed(turn: LifeTurn): Content {
  const { life, index } = turn;
  requireTurn(turn);
  const note = noteOf('closed', turn);
  requireRequestHash(turn, note.requestHash);
  if (life.proved && (life.closed || !isFounded(turn, note))) {
    throw new LedgerError('ledger/close-unfounded', `closed as ${note.kind} without its cause`, { index });
  }
  life.closed = true;
  life.state = note.kind;
  return { type: 'closed', note };
}

function isFounded({ life, entry, chain }: LifeTurn, note: Closed): boolean {
  const request = life.request?.signed.record;
  if (note.by !== 'executor' && chain.current.person(note.by) === undefined) return false;
  switch (note.kind) {
    case 'rejected':
      return life.state === 'rejected';
    case 'expired':
      if (request === undefined || life.state === 'rejected') return false;
      return entry.madeAt > (life.state === 'approved' ? request.runBy : request.reviewBy);
    case 'withdrawn':
    case 'superseded':
      return life.state !== 'rejected';
  }
}
