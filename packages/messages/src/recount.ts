import type { DecisionCode } from './decision-code.ts';
import type { CountedDecision } from './judge-context.ts';
import type { RosterChain } from './roster-chain.ts';
import { approvingRoles } from './roster-directory.ts';

/** Counted decisions as they stand now. */
export interface Recount {
  /** Those that still count, with the roles their persons hold now. */
  readonly standing: readonly CountedDecision[];
  /** Approvals that no longer count, and why. */
  readonly dropped: readonly { readonly decision: CountedDecision; readonly code: DecisionCode }[];
}

/**
 * Returns which of `counted` still count at ledger index `index` under the roster in force. To be asked before the
 * run, at the index of the intent: whoever was revoked between signing and running no longer approves.
 * A denial stays whatever became of its key.
 */
export function recount(counted: readonly CountedDecision[], chain: RosterChain, index: number): Recount {
  const standing: CountedDecision[] = [];
  const dropped: { decision: CountedDecision; code: DecisionCode }[] = [];
  for (const decision of counted) {
    const code = decision.choice === 'approve' ? fault(decision, chain, index) : undefined;
    if (code === undefined) standing.push({ ...decision, roles: rolesNow(decision, chain) });
    else dropped.push({ decision, code });
  }
  return { standing, dropped };
}

function fault(decision: CountedDecision, chain: RosterChain, index: number): DecisionCode | undefined {
  const holder = chain.holder(decision.kid);
  if (holder?.person.id !== decision.person) return 'decision/key-unknown';
  if (chain.isRevokedAt(decision.kid, index)) return 'decision/key-revoked';
  if (holder.person.kind !== 'human') return 'decision/not-human';
  return rolesNow(decision, chain).length === 0 ? 'decision/role-missing' : undefined;
}

function rolesNow(decision: CountedDecision, chain: RosterChain): readonly string[] {
  const holder = chain.holder(decision.kid);
  return holder === undefined ? decision.roles : approvingRoles(chain.current, holder.person);
}
