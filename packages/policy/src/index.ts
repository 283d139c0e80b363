export type { DecisionKind, MatchedRule, Quorum, RoleCount, Verdict } from './verdict.ts';
export type {
  PolicyDiff,
  PolicyIdentity,
  PolicyInput,
  PolicyTableDiff,
  PolicyTarget,
  PolicyTime,
} from './input.ts';
