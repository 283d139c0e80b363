import {
  keyStanding,
  personKeys,
  verifySubmission,
  type Signed,
  type Submission,
} from '@countersign/messages';
import type { VerdictNote } from '../body.ts';
import { LedgerError } from '../ledger-error.ts';
import type { Content } from './content.ts';
import type { LifeState } from './life.ts';
import { requireToken } from './replay-token.ts';
import {
  requirePolicy,
  noteOf,
  refused,
  requireHash,
  requireId,
  requireTurn,
  type LifeTurn,
  type Turn,
} from './turn.ts';

/** A submission is signed by a key that may submit when and where it is logged, and begins a life of its own id. */
export function replaySubmission(turn: Turn): Content {
  const { genesis, chain, index, entry, state } = turn;
  let signed: Signed<Submission>;
  try {
    signed = verifySubmission(turn.body, {
      domain: genesis.domain,
      keys: personKeys(chain),
      verifier: state.trust.verifier,
    });
  } catch (cause) {
    throw refused(cause, 'ledger/signature-invalid', 'a submission that does not verify', index);
  }
  requireId(turn, signed.record.id);
  const holder = chain.holder(signed.kid);
  const valid = holder !== undefined && keyStanding(holder, entry.madeAt) === 'valid';
  if (!valid || chain.isRevokedAt(signed.kid, index) || !chain.current.permits(holder.person, 'submit')) {
    throw new LedgerError('ledger/submitter-not-valid', 'signed by a key that may not submit here', {
      index,
    });
  }
  state.beginLife(turn, {
    submissionHash: signed.hash,
    submission: signed,
    requester: { person: holder.person.id, kid: signed.kid },
    byAgent: holder.person.kind === 'agent',
    token: requireToken(state, signed.record, holder.person.id, index),
  });
  return { type: 'submission', signed };
}

/** A verdict is about the submission by the policy in force; a later one is never milder than the one before. */
export function replayVerdict(turn: LifeTurn): Content {
  const { life, index } = turn;
  requireTurn(turn);
  const note = noteOf('verdict', turn);
  requireHash(note.submissionHash, life.submissionHash, 'submission', index);
  requirePolicy(turn, note.policyDigest);
  requireDeclarable(turn, note);
  life.state = stateAfter(note, life.state, index);
  life.verdict = note;
  return { type: 'verdict', note };
}

/** No policy lets an agent declare an emergency: what it declared can only be denied. docs/spec/policy.md#break-glass */
function requireDeclarable({ life, index }: LifeTurn, { decision }: VerdictNote): void {
  if (decision === 'deny' || !life.byAgent || life.submission?.record.breakGlass !== true) return;
  throw new LedgerError('ledger/emergency-unfounded', 'an emergency that an agent declared, not denied', {
    index,
  });
}

function stateAfter(note: VerdictNote, state: LifeState, index: number): LifeState {
  const isRequest = state === 'pending' || state === 'approved';
  switch (note.decision) {
    case 'deny':
      return 'denied';
    case 'require':
      return isRequest ? state : 'required';
    case 'allow':
      if (isRequest || state === 'submitted' || state === 'allowed') return isRequest ? state : 'allowed';
      throw new LedgerError('ledger/transition', 'allowed after an approval was required', { index });
  }
}

/** A read follows an allowance and ends the life. */
export function replayRead(turn: LifeTurn): Content {
  const { life, index } = turn;
  requireTurn(turn);
  const note = noteOf('read', turn);
  requireHash(note.submissionHash, life.submissionHash, 'submission', index);
  life.state = 'ran';
  return { type: 'read', note };
}
