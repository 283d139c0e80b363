import type { Facts, StatementFacts } from '../facts.ts';

/** Kinds of which some form cannot stand in a transaction; that form has the hazard `leaves-transaction`. */
const KINDS_ALONE: ReadonlySet<string> = new Set([
  'alter-database',
  'alter-subscription',
  'alter-system',
  'alter-table',
  'alter-table-space-options',
  'cluster',
  'create-database',
  'create-index',
  'create-subscription',
  'create-table-space',
  'drop-database',
  'drop-index',
  'drop-subscription',
  'drop-table-space',
  'reindex',
  'vacuum',
]);

/** Returns the statements that PostgreSQL runs outside transactions only, such as CREATE INDEX CONCURRENTLY or VACUUM. */
export function statementsAlone({ dialect, parsed, statements }: Facts): readonly StatementFacts[] {
  if (dialect !== 'postgres' || !parsed) return [];
  return statements.filter(
    ({ kind, hazards }) => KINDS_ALONE.has(kind) && hazards.some(({ code }) => code === 'leaves-transaction'),
  );
}
