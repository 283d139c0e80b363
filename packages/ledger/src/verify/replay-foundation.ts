import { equalBytes, toHex, type Verified } from '@countersign/codec';
import { extendRosterChain, verifyRosterChain, type RosterChain } from '@countersign/messages';
import { LedgerError } from '../ledger-error.ts';
import type { Content } from './content.ts';
import type { ReplayState } from './replay-state.ts';
import { noteOf, refused, type Turn } from './turn.ts';

interface Founding {
  readonly body: Uint8Array;
  readonly index: number;
  readonly state: ReplayState;
}

/** The genesis stands at index 0 and nowhere else. */
export function replayGenesis(turn: Founding): Content {
  const { index, state } = turn;
  if (index !== 0 || state.genesis !== undefined) {
    throw new LedgerError('ledger/genesis-misplaced', 'a genesis, expected at index 0 only', { index });
  }
  const note = noteOf('genesis', turn);
  state.genesis = note;
  return { type: 'genesis', note };
}

/** The first roster is the one the anchor names, every later one follows it; each names the key of this log. */
export function replayRoster({ body, index, state }: Founding): Content {
  const { anchor, verifier } = state.trust;
  if (state.genesis === undefined) {
    throw new LedgerError('ledger/genesis-misplaced', 'no genesis, expected it at index 0', { index });
  }
  let chain: Verified<RosterChain>;
  try {
    chain =
      state.chain === undefined
        ? verifyRosterChain([body], anchor, verifier)
        : extendRosterChain(state.chain, body, verifier);
  } catch (cause) {
    throw refused(cause, 'ledger/roster-invalid', 'a roster that does not follow the ones before', index);
  }
  if (!equalBytes(chain.domain, state.genesis.domain)) {
    throw new LedgerError('ledger/genesis-mismatch', 'a roster of another deployment', { index });
  }
  if (chain.current.executorKey(state.genesis.origin) === undefined) {
    throw new LedgerError('ledger/executor-unknown', 'a roster that names no key for this log', { index });
  }
  state.chain = chain;
  return { type: 'roster', directory: chain.current };
}

/** A policy's digest is that of its files, when there is somebody to compute it. */
export function replayPolicy(turn: Turn): Content {
  const { index, state } = turn;
  const note = noteOf('policy', turn);
  const computed = state.trust.policyDigest?.(note.files) ?? note.digest;
  if (!equalBytes(computed, note.digest)) {
    throw new LedgerError('ledger/policy-mismatch', 'a policy of another digest than its files have', {
      index,
    });
  }
  state.policy = toHex(note.digest);
  state.policies.add(state.policy);
  return { type: 'policy', note };
}

/** A head that somebody witnessed is one of this ledger. */
export function replayWitness(turn: Turn): Content {
  const { index, state } = turn;
  const note = noteOf('witness', turn);
  const root = note.size > index ? undefined : state.ground.rootAt(note.size);
  if (root === undefined || !equalBytes(root, note.root)) {
    throw new LedgerError('ledger/witness-mismatch', 'a witnessed head that is not of this ledger', {
      index,
    });
  }
  return { type: 'witness', note };
}
