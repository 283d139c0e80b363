export type * from './refs.ts';
export * from './statement.ts';
export * from './submission.ts';
export * from './request.ts';
export * from './decision.ts';
export * from './receipt.ts';
export * from './roster.ts';
export * from './containers.ts';
export * from './entry.ts';
export * from './refused-body.ts';
export * from './quorum.ts';
export * from './conditions.ts';
export * from './message-error.ts';
export * from './roster-rules.ts';
export * from './roster-directory.ts';
export * from './roster-chain.ts';
export * from './roster-difference.ts';
export * from './signed-record.ts';
export * from './decision-code.ts';
export * from './judge-context.ts';
export { judgeDecision, type Judgement } from './judge-decision.ts';
export { chainFault } from './judge-steps.ts';
export * from './recount.ts';
export {
  approverStateSchema,
  decodeApproverState,
  encodeApproverState,
  logOf,
  newApproverState,
  readJournalled,
  withLog,
  type ApproverState,
  type JournalItem,
  type LogState,
} from './approver-state.ts';
export * from './person-steps.ts';
export { acceptReview, readBundle, reviewAt, reviewBundle } from './review-bundle.ts';
export * from './review.ts';
export type { EarlierDecision, Permissions } from './review-votes.ts';
export * from './compose-decision.ts';
export { hasHiddenCharacter, skeleton } from './confusable.ts';
