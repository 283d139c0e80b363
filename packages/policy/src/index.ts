export { checkPolicy } from './check.ts';
export type { Finding, FindingCode, RosterRole } from './check.ts';
export { decide, knownDiff } from './decide.ts';
export type { PolicyFile } from './document.ts';
export { POLICY_ERROR_CODES, PolicyError } from './error.ts';
export type { Place, PolicyErrorCode } from './error.ts';
export type {
  PolicyBudget,
  PolicyDiff,
  PolicyIdentity,
  PolicyInput,
  PolicyRelation,
  PolicyTableDiff,
  PolicyTarget,
  PolicyTime,
} from './input.ts';
export { loadPolicy, policyDigest } from './load.ts';
export type { Condition, Obligation, Outcome, Policy, Rule, Scope, TargetTags } from './policy.ts';
export { coversQuorum, mergeQuorums, personsNeeded } from './quorum.ts';
export { REGO_ANSWER_BYTES_MAX, readRegoReply, readRegoResults, regoVerdict } from './rego-answer.ts';
export type { RegoAnswer, RegoOutcome } from './rego-answer.ts';
export { REGO_CODES, regoFailure } from './rego-code.ts';
export type { RegoCode, RegoFailure } from './rego-code.ts';
export { REGO_INPUT_BYTES_MAX, REGO_INPUT_VERSION, regoDocument } from './rego-document.ts';
export type { RegoDocument } from './rego-document.ts';
export { regoSourcesFile } from './rego-source.ts';
export type { RegoSource } from './rego-source.ts';
export { checkScopes, scopeFault } from './scope.ts';
export type { ScopedSubmission } from './scope.ts';
export { checkTags, tagsOf } from './tags.ts';
export type { TagView } from './tags.ts';
export { starterPolicyFiles } from './starter.ts';
export type { DecisionKind, MatchedRule, Quorum, RoleCount, Verdict } from './verdict.ts';
export { formatWindow, intersectWindows, isOpen, parseWindow } from './window.ts';
export type { Span, Window } from './window.ts';
export { stricter } from './stricter.ts';
