import type { RunStep } from '@countersign/targets';

/** The steps of a run that is not in one transaction and ends well. */
export const aloneSteps: readonly RunStep[] = [
  'opened',
  'compared',
  'begun',
  'marked',
  'statement',
  'ran',
  'committing',
  'committed',
];
