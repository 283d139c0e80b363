import { contentCases, ledgerCases, rosterCases } from './review-content-cases.ts';
import { memoryCases, voteCases, warningCases } from './review-memory-cases.ts';
import type { ReviewCase } from './review-case.ts';

/** Bundles that reach an approver, one defect each, and those that are accepted with warnings. */
export const reviewCases: readonly ReviewCase[] = [
  ...rosterCases,
  ...contentCases,
  ...ledgerCases,
  ...memoryCases,
  ...voteCases,
  ...warningCases,
];
