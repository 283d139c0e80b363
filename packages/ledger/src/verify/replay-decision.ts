import { CodecError, equalBytes, parseEnvelope, toHex } from '@countersign/codec';
import {
  decodeDecision,
  judgeDecision,
  MessageError,
  type ChainHead,
  type Decision,
  type JudgeContext,
  type Judgement,
  type Signed,
} from '@countersign/messages';
import { LedgerError } from '../ledger-error.ts';
import type { Content } from './content.ts';
import { knownRequest } from './life.ts';
import { noteOf, requireId, requireTurn, type LifeTurn, type Turn } from './turn.ts';

/** A counted decision is one that the executor's own judgement, repeated here, counts. */
export function replayDecision(turn: LifeTurn): Content {
  const { life, index } = turn;
  requireTurn(turn);
  const judgement = judge(turn, turn.body);
  const signed = requireAuthentic(turn, judgement);
  requireWitness(turn, signed.record);
  if (!life.proved) {
    extendChain(turn, signed);
    return { type: 'decision', signed };
  }
  if (judgement.outcome !== 'counted') {
    const code = judgement.outcome === 'refused' ? judgement.code : 'repeated';
    throw new LedgerError('ledger/decision-not-counted', `a decision that does not count [${code}]`, {
      index,
    });
  }
  extendChain(turn, signed);
  life.counted = [...life.counted, judgement.counted];
  switch (judgement.tally.state) {
    case 'complete':
      life.state = 'approved';
      break;
    case 'open':
      life.state = 'pending';
      break;
    case 'rejected':
      life.state = 'rejected';
  }
  return { type: 'decision', signed };
}

/** A refused decision is authentic, and refused for the very reason that the ledger states. */
export function replayRefusedDecision(turn: Turn): Content {
  const { index, entry, state } = turn;
  const { decision, code } = noteOf('refused-decision', turn);
  const life = entry.requestId === undefined ? undefined : state.lives.get(toHex(entry.requestId));
  life?.indexes.push(index);
  const judgement = judge(turn, decision);
  const signed = requireAuthentic(turn, judgement);
  if (state.trust.disputesAccepted?.includes(index) !== true) requireWitness(turn, signed.record);
  const provable = life?.proved !== false && state.ground.whole;
  if (judgement.outcome !== 'refused') {
    if (provable) {
      throw new LedgerError(
        'ledger/refusal-unfounded',
        `refused [${code}], expected it to be ${judgement.outcome}`,
        {
          index,
        },
      );
    }
  } else if (provable && judgement.code !== code) {
    const message = `refused [${code}], expected [${judgement.code}]`;
    throw new LedgerError('ledger/refusal-mismatch', message, { index });
  }
  if (judgement.outcome === 'counted' || (judgement.outcome === 'refused' && continues(judgement))) {
    extendChain(turn, signed);
  }
  return { type: 'refused-decision', signed, code };
}

function continues(judgement: Extract<Judgement, { outcome: 'refused' }>): boolean {
  return judgement.authentic && judgement.continuesChain;
}

function judge(turn: Turn, bytes: Uint8Array): Judgement {
  const context = contextOf(turn);
  // A single request shows no chain of its approvers' decisions: the place that a decision claims is taken as given.
  const headOf = turn.state.ground.whole ? context.headOf : () => claimedHead(bytes);
  return judgeDecision(bytes, { ...context, headOf });
}

/** The head that a decision says it follows. */
function claimedHead(bytes: Uint8Array): ChainHead | undefined {
  try {
    const { payload } = parseEnvelope(bytes);
    const { sequence, previous } = decodeDecision(payload ?? new Uint8Array(0));
    return previous === null ? undefined : { sequence: sequence - 1, hash: previous };
  } catch (cause) {
    // What is malformed follows nothing; the judgement says why.
    if (cause instanceof CodecError || cause instanceof MessageError) return undefined;
    throw cause;
  }
}

function contextOf({ genesis, chain, state, entry, index }: Turn): JudgeContext {
  const { ground, heads, chained, lives } = state;
  return {
    domain: genesis.domain,
    chain,
    verifier: state.trust.verifier,
    origin: genesis.origin,
    now: entry.madeAt,
    ledgerSize: index,
    rootAt: (size) => ground.rootAt(size) ?? new Uint8Array(0),
    requestOf: (id) => {
      const life = lives.get(toHex(id));
      return life === undefined ? undefined : knownRequest(life, chain, index);
    },
    headOf: (kid) => heads.get(toHex(kid)),
    isLogged: (hash) => chained.has(toHex(hash)),
  };
}

function requireAuthentic(turn: Turn, judgement: Judgement): Signed<Decision> {
  if (judgement.outcome === 'refused' && !judgement.authentic) {
    throw new LedgerError('ledger/signature-invalid', `a decision that does not verify [${judgement.code}]`, {
      index: turn.index,
      cause: judgement.cause,
    });
  }
  requireId(turn, judgement.decision.record.requestId);
  return judgement.decision;
}

/**
 * What an approver saw of this log must be a prefix of it: otherwise history was rewritten, cut or forked after it signed.
 * @throws LedgerError `ledger/witness-mismatch`
 */
function requireWitness({ genesis, state, index }: Turn, { witnessed }: Decision): void {
  if (witnessed.origin !== genesis.origin) return;
  for (const head of [witnessed, witnessed.pinned]) {
    if (head === null) continue;
    const root = head.size > index ? undefined : state.ground.rootAt(head.size);
    if (root === undefined || !equalBytes(root, head.root)) {
      const message = `its signer saw another history of ${head.size} entries than this ledger's`;
      throw new LedgerError('ledger/witness-mismatch', message, { index });
    }
  }
}

function extendChain({ state }: Turn, signed: Signed<Decision>): void {
  state.heads.set(toHex(signed.kid), { sequence: signed.record.sequence, hash: signed.hash });
  state.chained.add(toHex(signed.hash));
}
