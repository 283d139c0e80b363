import type { PostgresSession } from './session.ts';

/** Every pair of a table and one that stands anywhere above it, as parent or as what it is a partition of. */
const ancestors = `
  WITH RECURSIVE above AS (
    SELECT i.inhrelid AS child, i.inhparent AS parent FROM pg_catalog.pg_inherits i
    UNION SELECT a.child, i.inhparent FROM above a JOIN pg_catalog.pg_inherits i ON i.inhrelid = a.parent)
  SELECT child, parent FROM above`;

/** Every pair of a materialized view and a relation that its query reads, by name or through other views. */
const kept = `
  WITH RECURSIVE uses AS (
    SELECT DISTINCT r.ev_class AS relation, d.refobjid AS used
    FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_depend d
      ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
      AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> r.ev_class
    WHERE r.rulename = '_RETURN'),
  held AS (
    SELECT c.oid AS relation, u.used FROM pg_catalog.pg_class c JOIN uses u ON u.relation = c.oid WHERE c.relkind = 'm'
    UNION SELECT h.relation, u.used FROM held h JOIN uses u ON u.relation = h.used)
  SELECT relation, used FROM held`;

/** Whose rows relations hold besides their own, by number of the relation; names are qualified. */
export interface Kinship {
  readonly kin: ReadonlyMap<string, readonly string[]>;
  readonly keeps: ReadonlyMap<string, readonly string[]>;
}

/** Reads it; relations that are not among `names` are the engine's or ours. */
export async function readKinship(
  session: PostgresSession,
  names: ReadonlyMap<string, string>,
): Promise<Kinship> {
  const [kin, keeps] = [new Map<string, string[]>(), new Map<string, string[]>()];
  const add = (map: Map<string, string[]>, one: string | null = '', other: string | null = ''): void => {
    const name = names.get(other ?? '');
    if (name !== undefined) map.set(one ?? '', [...(map.get(one ?? '') ?? []), name]);
  };
  for (const [child, parent] of (await session.query(ancestors)).rows) {
    add(kin, child, parent);
    add(kin, parent, child);
  }
  for (const [relation, used] of (await session.query(kept)).rows) add(keeps, relation, used);
  return { kin, keeps };
}
