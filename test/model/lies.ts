// Ledgers that a dishonest executor, carrier or approver could hand to an auditor, each with the code and the entry that give it away.
import type { Lie } from './lie.ts';
import { carriedLies } from './carried-lies.ts';
import { formLies } from './form-lies.ts';
import { intakeLies } from './intake-lies.ts';
import { requestLies } from './request-lies.ts';
import { decisionLies } from './decision-lies.ts';
import { runLies } from './run-lies.ts';
import { toleranceLies } from './tolerance-lies.ts';
import { tokenLies } from './token-lies.ts';
import { pastLies } from './past-lies.ts';

/** Every lie. */
export const allLies: readonly Lie[] = [
  ...carriedLies,
  ...intakeLies,
  ...requestLies,
  ...decisionLies,
  ...runLies,
  ...pastLies,
  ...tokenLies,
  ...toleranceLies,
  ...formLies,
];
