export { withoutEase } from './break-glass.ts';
export { checkPolicy } from './check.ts';
export type { Finding, FindingCode, RosterRole } from './check.ts';
export { comparePolicies, compareVerdicts } from './difference.ts';
export type { Difference, VerdictChange } from './difference.ts';
export { formatFile } from './format.ts';
export { conditionsOf, decide, knownDiff } from './decide.ts';
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
export type { Condition, Obligation, Outcome, Policy, Rule, Scope } from './policy.ts';
export { loadCases } from './load-cases.ts';
export { examinePolicy } from './examine.ts';
export type { Examination } from './examine.ts';
export { boundaryOf } from './boundary.ts';
export type { Boundary } from './boundary.ts';
export type { Mutant } from './mutants.ts';
export { mutate, sameOutcome } from './mutate.ts';
export type { MutationReport, Survivor, Unnoticeable } from './mutate.ts';
export { readyCases, runCases, untouchedRules } from './run-cases.ts';
export type { CaseResult, ReadyCase } from './run-cases.ts';
export type { Analyse, Expectation, GivenFacts, GivenSubmission, TestCase } from './test-case.ts';
export { formatUtc, parseUtc, utcTime } from './time-text.ts';
export { quorumText } from './case-expect.ts';
export { formatExpect, formatGiven } from './case-text.ts';
export { TEST_FILE, loadPolicy, policyDigest } from './load.ts';
export { coversQuorum, mergeQuorums, personsNeeded } from './quorum.ts';
export { REGO_ANSWER_BYTES_MAX, readRegoReply, readRegoResults, regoVerdict } from './rego-answer.ts';
export type { RegoAnswer, RegoOutcome } from './rego-answer.ts';
export { REGO_CODES, regoFailure } from './rego-code.ts';
export type { RegoCode, RegoFailure } from './rego-code.ts';
export { REGO_INPUT_BYTES_MAX, REGO_INPUT_VERSION, regoDocument } from './rego-document.ts';
export type { RegoDocument } from './rego-document.ts';
export { REGO_PATH, regoSourcesFile } from './rego-source.ts';
export type { RegoSource } from './rego-source.ts';
export { checkScopes, declarationFault, outlineFault, scopeFault, scopeReach } from './scope.ts';
export { signedFacts } from './signed-facts.ts';
export { judge } from './judge.ts';
export { askMoreUntried } from './untried.ts';
export type { ScopedSubmission } from './scope.ts';
export { checkTags, tagsOf } from './tags.ts';
export type { TagView, TargetTags } from './tags.ts';
export { starterPolicyFiles } from './starter.ts';
export { starterTestFiles } from './starter-tests.ts';
export type { DecisionKind, MatchedRule, Quorum, RoleCount, Verdict } from './verdict.ts';
export { formatWindow, intersectWindows, isOpen, isOpenIn, parseWindow } from './window.ts';
export type { Span, Window } from './window.ts';
export { stricter } from './stricter.ts';
export { NO_TOLERANCE, TOLERANCE_NAMES, bothTolerate, tolerancePairs } from './tolerance.ts';
export { driftingColumns, toleranceIn } from '@countersign/sql';
export type { NamedTolerance } from '@countersign/sql';
