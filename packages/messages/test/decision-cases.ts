import type { DecisionCase } from './decision-case.ts';
import { formCases, requestCases } from './decision-form-cases.ts';
import { chainCases, conditionCases, personCases, witnessCases } from './decision-person-cases.ts';

/** Decisions that come in at the executor, one reason each. */
export const decisionCases: readonly DecisionCase[] = [
  ...formCases,
  ...requestCases,
  ...personCases,
  ...chainCases,
  ...witnessCases,
  ...conditionCases,
];
