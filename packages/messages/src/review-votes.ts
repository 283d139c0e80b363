import { equalBytes, type Verified } from '@countersign/codec';
import type { DecisionCode } from './decision-code.ts';
import type { Choice, Decision } from './decision.ts';
import { MessageError } from './message-error.ts';
import { personFault, type PersonCase } from './person-steps.ts';
import { placeApproval, tally, type Placement, type Vote } from './quorum.ts';
import type { Quorum, Request } from './request.ts';
import type { KeyHolder } from './roster-directory.ts';
import type { RosterChain } from './roster-chain.ts';
import { approvingRoles } from './roster-directory.ts';
import { verifyDecision, type Signed, type Trust } from './signed-record.ts';
import { within } from './within.ts';

/** An earlier decision on the same request, and the person who made it. */
export interface EarlierDecision extends Vote {
  readonly name: string;
  readonly decision: Verified<Signed<Decision>>;
}

/** What the votes of a bundle are judged by. */
export interface VoteContext {
  readonly request: Signed<Request>;
  readonly requester: PersonCase['requester'];
  readonly chain: RosterChain;
  readonly trust: Trust;
  /** Size of the checkpoint's tree. */
  readonly index: number;
}

/**
 * Returns the earlier decisions of a bundle, each verified again by the rules that count a vote, whatever the executor
 * says of them. The clock is left out: when each was counted is not known here.
 * @throws MessageError `bundle/decision-…` with `index`
 */
export function readEarlierDecisions(
  decisions: readonly Uint8Array[],
  context: VoteContext,
): readonly EarlierDecision[] {
  const earlier: EarlierDecision[] = [];
  for (const [index, bytes] of decisions.entries()) earlier.push(readEarlier(bytes, earlier, context, index));
  return earlier;
}

function readEarlier(
  bytes: Uint8Array,
  before: readonly EarlierDecision[],
  context: VoteContext,
  index: number,
): EarlierDecision {
  const decision = within(
    'bundle/decision-invalid',
    'an earlier decision that does not verify',
    () => verifyDecision(bytes, context.trust),
    index,
  );
  const { record, kid } = decision;
  const holder = context.chain.holder(kid);
  const { id } = context.request.record;
  if (
    holder === undefined ||
    !equalBytes(record.requestHash, context.request.hash) ||
    !equalBytes(record.requestId, id)
  ) {
    throw new MessageError('bundle/decision-invalid', 'an earlier decision on another request', { index });
  }
  const { quorum } = context.request.record.policy;
  const roles = approvingRoles(context.chain.current, holder.person);
  const code = earlierFault(record, before, context, holder);
  if (code !== undefined) {
    const message = `an earlier decision that cannot count, ${code}`;
    throw new MessageError('bundle/decision-uncountable', message, { index, name: holder.person.id });
  }
  const placement = placeAnywhere(quorum, before, roles);
  const step = record.choice === 'approve' && placement.placed ? placement.step : null;
  return { person: holder.person.id, name: holder.person.name, choice: record.choice, roles, step, decision };
}

function earlierFault(
  { choice, view }: Decision,
  before: readonly Vote[],
  { request, requester, chain, index }: VoteContext,
  holder: KeyHolder,
): DecisionCode | undefined {
  if (choice === 'approve' && view.depth !== 'full') return 'decision/summary-view';
  const now = holder.validFrom ?? 0;
  const { quorum } = request.record.policy;
  const code = personFault({ choice, quorum, counted: before, requester, chain, now, index }, holder);
  if (code !== 'decision/step-not-open') return code;
  // Since it was counted, an approval of the step before may have been revoked: that step is open again.
  return placeAnywhere(quorum, before, approvingRoles(chain.current, holder.person)).placed
    ? undefined
    : code;
}

/** Returns the first step, open or not, in which an approval by a holder of `roles` fills a place. */
function placeAnywhere(quorum: Quorum, votes: readonly Vote[], roles: readonly string[]): Placement {
  const open = placeApproval(quorum, votes, roles);
  if (open.placed || open.code !== 'step-not-open') return open;
  const later = quorum.findIndex((asked, step) => {
    const standing = tally([asked], votesFor(votes, step));
    return standing.state === 'open' && standing.wanted.some((role) => roles.includes(role));
  });
  return later < 0 ? open : { placed: true, step: later };
}

function votesFor(votes: readonly Vote[], step: number): readonly Vote[] {
  return votes
    .filter((vote) => vote.choice === 'approve' && vote.step === step)
    .map((vote) => ({ ...vote, step: 0 }));
}

/** For each choice, why the executor would refuse it from this person now; null when it would not. */
export type Permissions = Readonly<Record<Choice, DecisionCode | null>>;

/** Returns what the holder of the key may sign about the request, by steps 8 to 11. */
export function permissionsOf(asked: Omit<PersonCase, 'choice'>, kid: Uint8Array): Permissions {
  const holder = asked.chain.holder(kid);
  const fault = (choice: Choice): DecisionCode | null =>
    holder === undefined ? 'decision/key-unknown' : (personFault({ ...asked, choice }, holder) ?? null);
  const rejected = asked.counted.some((vote) => vote.choice !== 'approve');
  if (rejected) {
    return {
      approve: 'decision/request-rejected',
      deny: 'decision/request-rejected',
      amend: 'decision/request-rejected',
    };
  }
  return { approve: fault('approve'), deny: fault('deny'), amend: fault('amend') };
}
