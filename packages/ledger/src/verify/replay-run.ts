import {
  checkConditions,
  effectiveConditions,
  executorKeys,
  recount,
  tally,
  verifyReceipt,
  type CountedDecision,
  type Receipt,
  type Request,
  type Signed,
} from '@countersign/messages';
import { LedgerError } from '../ledger-error.ts';
import type { Content } from './content.ts';
import { requireSignedEffect } from './executed-effect.ts';
import { sameHashes, type Life, type LifeState } from './life.ts';
import type { ReplayTrust } from './replay-state.ts';
import { replayToken, replayTokenKey } from './replay-token.ts';
import {
  requirePolicy,
  noteOf,
  refused,
  requireId,
  requireRequestHash,
  requireTurn,
  type LifeTurn,
  type Turn,
} from './turn.ts';

/** An intent names exactly the decisions that complete the quorum now, within the times that they all set. */
export function replayIntent(turn: LifeTurn): Content {
  const { life, index, entry } = turn;
  requireTurn(turn);
  const note = noteOf('intent', turn);
  requireRequestHash(turn, note.requestHash);
  requirePolicy(turn, note.policyDigest);
  const attempt = (life.intent?.note.attempt ?? 0) + 1;
  if (life.proved && note.attempt !== attempt) {
    throw new LedgerError('ledger/intent-mismatch', `attempt ${note.attempt}, expected ${attempt}`, {
      index,
    });
  }
  const request = life.request?.signed.record;
  const approvals = life.proved && request !== undefined ? requireQuorum(turn, request, note.decisions) : [];
  if (life.proved && request !== undefined) {
    requireConditions(request, approvals, { now: entry.madeAt, rows: 0 }, index);
    requireWindow(turn, request);
  }
  life.intent = { note, madeAt: entry.madeAt, approvals };
  life.state = 'running';
  return { type: 'intent', note };
}

function requireQuorum(
  { life, chain, index }: LifeTurn,
  request: Request,
  named: readonly Uint8Array[],
): readonly CountedDecision[] {
  const { standing } = recount(life.counted, chain, index);
  const { state } = tally(request.policy.quorum, standing);
  if (state !== 'complete') {
    throw new LedgerError('ledger/quorum-incomplete', `a run while the quorum is ${state}`, { index });
  }
  if (
    !sameHashes(
      named,
      standing.map((counted) => counted.hash),
    )
  ) {
    throw new LedgerError('ledger/intent-mismatch', 'it names other decisions than those that count', {
      index,
    });
  }
  return standing;
}

function requireConditions(
  request: Request,
  approvals: readonly CountedDecision[],
  run: { readonly now: number; readonly rows: number },
  index: number,
): void {
  const limits = effectiveConditions(
    request,
    approvals.map((approval) => approval.conditions),
  );
  const check = checkConditions(limits, run);
  if (check.met) return;
  throw new LedgerError('ledger/condition-unmet', `outside what the approvals allow [${check.code}]`, {
    index,
  });
}

/** The signed window, which approvers read, was open when the run began. */
function requireWindow({ state, entry, index }: LifeTurn, { policy }: Request): void {
  const { isWindowOpen } = state.trust;
  const [, window] = policy.obligations?.find(([name]) => name === 'window') ?? [];
  if (isWindowOpen === undefined || window === undefined || isWindowOpen(window, entry.madeAt)) return;
  throw new LedgerError('ledger/window-unmet', 'a run begun outside the window that was signed', { index });
}

/** A receipt ends the run that an intent began; one of a run had the effect that was signed or one within its tolerance, and comes once. */
export function replayReceipt(turn: LifeTurn): Content {
  const { genesis, chain, index, state, life } = turn;
  let signed: Signed<Receipt>;
  try {
    signed = verifyReceipt(turn.body, {
      domain: genesis.domain,
      keys: executorKeys(chain, genesis.origin),
      verifier: state.trust.verifier,
    });
  } catch (cause) {
    throw refused(cause, 'ledger/signature-invalid', 'a receipt that does not verify', index);
  }
  const { record } = signed;
  requireId(turn, record.requestId);
  if (hasRun(record.outcome) && hasRun(life.outcome)) {
    throw new LedgerError('ledger/executed-twice', 'a second receipt that the request has run', { index });
  }
  requireTurn(turn);
  requireRequestHash(turn, record.requestHash);
  if (life.proved) requireFits(life, record, state.trust, index);
  life.outcome = record.outcome;
  life.state = stateAfter(record.outcome);
  return { type: 'receipt', signed };
}

function hasRun(outcome: Receipt['outcome'] | undefined): boolean {
  return outcome === 'executed' || outcome === 'resolved-ran';
}

function requireFits(life: Life, receipt: Receipt, trust: ReplayTrust, index: number): void {
  const { intent, request } = life;
  if (
    intent === undefined ||
    request === undefined ||
    !sameHashes(receipt.decisions, intent.note.decisions)
  ) {
    throw new LedgerError('ledger/receipt-mismatch', 'it names other decisions than its intent', { index });
  }
  if (receipt.startedAt > receipt.endedAt) {
    throw new LedgerError('ledger/receipt-mismatch', 'a run that ended before it began', { index });
  }
  if (receipt.breakGlass !== (request.signed.record.breakGlass && true)) {
    throw new LedgerError('ledger/receipt-mismatch', 'its declaration is not that of its request', { index });
  }
  const resolves = receipt.outcome === 'resolved-ran' || receipt.outcome === 'resolved-did-not-run';
  if (life.state === 'ambiguous' && !resolves) {
    throw new LedgerError('ledger/transition', `${receipt.outcome} after an ambiguous run`, { index });
  }
  if (!hasRun(receipt.outcome)) return;
  // What a person found, of a run that nobody can ask about any more, states no effect.
  if (receipt.outcome === 'resolved-ran' && receipt.effect === null) return;
  const rows = requireSignedEffect(request.signed.record, receipt.effect, trust, index);
  const run = { now: intent.madeAt, rows };
  requireConditions(request.signed.record, intent.approvals, run, index);
}

function stateAfter(outcome: Receipt['outcome']): LifeState {
  switch (outcome) {
    case 'executed':
    case 'drifted':
    case 'failed':
    case 'ambiguous':
      return outcome;
    case 'resolved-ran':
    case 'resolved-did-not-run':
      return 'resolved';
  }
}

const cutOffShape = /^attempt ([1-9][0-9]{0,14}) of ([0-9a-f]{32}) left no marker: it did not run$/;

/** An operator's note changes nothing, but for tokens with their keys, and the executor's that a run was cut off: its request is approved again. */
export function replayOperator(turn: Turn): Content {
  const { index, state } = turn;
  const note = noteOf('operator', turn);
  if (note.verb === 'token-key') replayTokenKey(turn, note);
  if (note.verb === 'token') replayToken(turn, note);
  if (note.person !== 'executor' || note.verb !== 'run-cut-off') {
    return { type: 'operator', note };
  }
  const [, attempt, id = ''] = cutOffShape.exec(note.text) ?? [];
  if (attempt === undefined) {
    throw new LedgerError('ledger/body-malformed', 'a run cut off in other words than expected', { index });
  }
  const life = state.lives.get(id);
  if (life === undefined) {
    throw new LedgerError('ledger/request-unknown', 'a run cut off of a request never submitted', { index });
  }
  if (life.proved && life.state !== 'running') {
    throw new LedgerError('ledger/transition', `a run cut off while the request is ${life.state}`, { index });
  }
  if (life.proved && life.intent?.note.attempt !== Number(attempt)) {
    throw new LedgerError('ledger/intent-mismatch', `attempt ${attempt} was not the one begun`, { index });
  }
  life.indexes.push(index);
  life.state = 'approved';
  return { type: 'operator', note };
}
