import { equalBytes } from '@countersign/codec';
import type { DecisionCode } from './decision-code.ts';
import type { Choice } from './decision.ts';
import { placeApproval, rolesOf, type Vote } from './quorum.ts';
import type { Quorum } from './request.ts';
import type { RosterChain } from './roster-chain.ts';
import { approvingRoles, keyStanding, type KeyHolder } from './roster-directory.ts';

/** What steps 8 to 11 look at; the executor asks them when a decision comes in, the approver before signing one. */
export interface PersonCase {
  readonly choice: Choice;
  readonly quorum: Quorum;
  readonly counted: readonly Vote[];
  readonly requester: { readonly person: string; readonly kid: Uint8Array };
  readonly chain: RosterChain;
  /** Seconds. */
  readonly now: number;
  /** Ledger index that the decision would get. */
  readonly index: number;
}

export type PersonStep = (asked: PersonCase, holder: KeyHolder) => DecisionCode | undefined;

/** Steps 8 to 11 of docs/spec/records.md in order. */
export const personSteps: readonly PersonStep[] = [personMayDecide, roleIsAsked, isNotRequester, hasNotVoted];

/** Returns why this holder's decision would be refused by steps 8 to 11, or undefined. */
export function personFault(asked: PersonCase, holder: KeyHolder): DecisionCode | undefined {
  for (const step of personSteps) {
    const code = step(asked, holder);
    if (code !== undefined) return code;
  }
  return undefined;
}

/** Step 8. */
function personMayDecide({ chain, now, index }: PersonCase, holder: KeyHolder): DecisionCode | undefined {
  const standing = keyStanding(holder, now);
  if (standing === 'not-yet-valid') return 'decision/key-not-yet-valid';
  if (standing === 'expired') return 'decision/key-expired';
  if (chain.isRevokedAt(holder.kid, index)) return 'decision/key-revoked';
  return holder.person.kind === 'human' ? undefined : 'decision/not-human';
}

/** Step 9. The roles that count are those that may approve in the roster in force. */
function roleIsAsked(
  { choice, quorum, counted, chain }: PersonCase,
  holder: KeyHolder,
): DecisionCode | undefined {
  const roles = approvingRoles(chain.current, holder.person);
  if (choice !== 'approve') {
    const asked = rolesOf(quorum);
    return roles.some((role) => asked.has(role)) ? undefined : 'decision/role-missing';
  }
  // Asked here, the person's own vote would only shade what step 11 has to say.
  const others = counted.filter((vote) => vote.person !== holder.person.id);
  const placement = placeApproval(quorum, others, roles);
  return placement.placed ? undefined : `decision/${placement.code}`;
}

/** Step 10. By id, by key, and by whoever holds the submitting key now. */
function isNotRequester({ requester, chain }: PersonCase, holder: KeyHolder): DecisionCode | undefined {
  const { person, kid } = requester;
  const submitter = chain.holder(kid)?.person.id;
  const same = holder.person.id === person || holder.person.id === submitter || equalBytes(holder.kid, kid);
  return same ? 'decision/requester' : undefined;
}

/** Step 11. Only a denial or amendment may follow the same person's approval. */
function hasNotVoted({ choice, counted }: PersonCase, holder: KeyHolder): DecisionCode | undefined {
  const voted = counted.find((vote) => vote.person === holder.person.id);
  if (voted === undefined) return undefined;
  const stops = choice !== 'approve' && voted.choice === 'approve';
  return stops ? undefined : 'decision/already-voted';
}
