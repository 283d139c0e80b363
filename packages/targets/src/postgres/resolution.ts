import { judgePostgresFunction, qualified } from '@countersign/sql';
import type { TrustedFunction } from '@countersign/sql';
import { TargetError } from '../target-error.ts';
import { visible } from '../visible-text.ts';
import { hashDefinition } from './catalog.ts';
import type { PostgresSession, TextRow } from './session.ts';

/** Numbers below this one belong to what the engine itself brings along. */
const firstOfUsers = 16_384;

/**
 * What a function reaches: every object it names, views and policies followed, with the parsed trees of those bodies.
 * Indexes and constraints are not followed: they run on writes.
 */
const reached = `
  WITH RECURSIVE reached(kind, oid) AS (
    SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass::oid, $1::oid
    UNION SELECT n.kind, n.oid FROM reached r CROSS JOIN LATERAL (
      SELECT d.refclassid AS kind, d.refobjid AS oid FROM pg_catalog.pg_depend d
        WHERE d.classid = r.kind AND d.objid = r.oid AND d.deptype = 'n' AND (r.oid = $1 OR r.kind IN (
          'pg_catalog.pg_rewrite'::pg_catalog.regclass, 'pg_catalog.pg_policy'::pg_catalog.regclass, 'pg_catalog.pg_attrdef'::pg_catalog.regclass))
      UNION ALL SELECT 'pg_catalog.pg_rewrite'::pg_catalog.regclass, w.oid FROM pg_catalog.pg_rewrite w
        JOIN pg_catalog.pg_class c ON c.oid = w.ev_class
        WHERE r.kind = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = r.oid AND c.relkind = 'v' AND w.rulename = '_RETURN'
      UNION ALL SELECT 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid FROM pg_catalog.pg_policy p
        JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
        WHERE r.kind = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = r.oid AND c.relrowsecurity
      UNION ALL SELECT 'pg_catalog.pg_attrdef'::pg_catalog.regclass, v.oid FROM pg_catalog.pg_attrdef v
        JOIN pg_catalog.pg_attribute a ON a.attrelid = v.adrelid AND a.attnum = v.adnum
        WHERE r.kind = 'pg_catalog.pg_class'::pg_catalog.regclass AND v.adrelid = r.oid AND a.attgenerated = 'v'
      UNION ALL SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, i.inhrelid FROM pg_catalog.pg_inherits i
        WHERE r.kind = 'pg_catalog.pg_class'::pg_catalog.regclass AND i.inhparent = r.oid
      UNION ALL SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, u.oid FROM pg_catalog.pg_type t
        CROSS JOIN LATERAL (SELECT t.typbasetype WHERE t.typtype = 'd' UNION ALL SELECT t.typelem WHERE t.typelem <> 0
          UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS u(oid)
        WHERE r.kind = 'pg_catalog.pg_type'::pg_catalog.regclass AND t.oid = r.oid
    ) AS n
  ), trees(tree) AS (
    SELECT prosqlbody::text FROM pg_catalog.pg_proc WHERE oid = $1
    UNION ALL SELECT w.ev_action::text FROM reached r JOIN pg_catalog.pg_rewrite w ON w.oid = r.oid AND r.kind = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    UNION ALL SELECT p.polqual::text FROM reached r JOIN pg_catalog.pg_policy p ON p.oid = r.oid AND r.kind = 'pg_catalog.pg_policy'::pg_catalog.regclass
    UNION ALL SELECT d.adbin::text FROM reached r JOIN pg_catalog.pg_attrdef d ON d.oid = r.oid AND r.kind = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
  ), called(oid) AS (
    SELECT m[1]::oid FROM trees, LATERAL pg_catalog.regexp_matches(tree, ':(?:funcid|opfuncid|aggfnoid|winfnoid|tsmhandler|startInRangeFunc|endInRangeFunc) ([0-9]+)', 'g') AS m
  )`;

/** Functions called by name, operator, cast, view or policy; number, name, volatility, arguments, definition. */
const functionsReached = `${reached}
  SELECT DISTINCT f.oid, n.nspname, f.proname, f.provolatile, pg_catalog.oidvectortypes(f.proargtypes),
    CASE WHEN f.oid >= ${firstOfUsers} AND f.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(f.oid) END FROM pg_catalog.pg_proc f JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
  WHERE f.oid <> $1 AND (f.oid IN (SELECT oid FROM called)
    OR f.oid IN (SELECT oid FROM reached WHERE kind = 'pg_catalog.pg_proc'::pg_catalog.regclass))`;

/** Commands of the engine's trees are 1 for a query and higher for a change; a locked row is a mark. */
const changesReached = `${reached}
  SELECT count(*) FROM trees WHERE tree ~ ':commandType [2-9]|\\{ROWMARKCLAUSE'`;

/** What else was made by somebody and may run something, or lies elsewhere: each as a line of words. */
const othersReached = `${reached}
  SELECT 'operator ' || o.oprname FROM reached r JOIN pg_catalog.pg_operator o ON o.oid = r.oid AND r.kind = 'pg_catalog.pg_operator'::pg_catalog.regclass
    WHERE o.oid >= ${firstOfUsers}
  UNION ALL SELECT 'foreign table ' || c.relname FROM reached r JOIN pg_catalog.pg_class c ON c.oid = r.oid AND r.kind = 'pg_catalog.pg_class'::pg_catalog.regclass
    WHERE c.relkind = 'f'
  UNION ALL SELECT 'type ' || t.typname FROM reached r JOIN pg_catalog.pg_type t ON t.oid = r.oid AND r.kind = 'pg_catalog.pg_type'::pg_catalog.regclass
    WHERE t.oid >= ${firstOfUsers} AND (t.typtype IN ('r', 'm') OR t.typtype = 'b' AND t.typelem = 0
      OR t.typtype = 'd' AND EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid))
  ORDER BY 1 LIMIT 1`;

/** What the engine found behind the names of a query: the same for everybody, as long as the schema and the search path are. */
export interface Resolution {
  /** Functions reached: number, schema, name, volatility, arguments, definition. */
  readonly functions: readonly TextRow[];
  /** What else it reaches that no read may, in words; undefined when there is nothing. */
  readonly other: string | undefined;
}

/**
 * Has the engine itself resolve a query. Nothing of it runs: it becomes the body of a function in a transaction that is rolled back.
 * The session's search path is the one that the read will have. Rejects with the driver's own error.
 */
export async function resolveQuery(session: PostgresSession, sql: string): Promise<Resolution> {
  await session.query('BEGIN');
  try {
    const made = await defineBody(session, sql);
    if (made === undefined) return { functions: [], other: 'nothing that the engine resolved' };
    // As in the inspection, so that definitions are printed the same.
    await session.query('SET LOCAL search_path = pg_catalog');
    const functions = (await session.query(functionsReached, [made])).rows;
    const changes = (await session.first(changesReached, [made])) !== '0';
    const other = (await session.first(othersReached, [made])) ?? undefined;
    return { functions, other: changes ? 'a change or a lock of rows' : other };
  } finally {
    await session.query('ROLLBACK').catch(() => undefined);
  }
}

/**
 * Refuses a statement unless everything it reaches is a table, a view over such, a built-in that is known to have no effect, or a
 * function that policy vouches for.
 * @throws TargetError `statement/not-a-read`
 */
export function requireRead(
  { functions, other }: Resolution,
  statement: number,
  trusted: readonly TrustedFunction[],
): void {
  for (const row of functions) requireHarmless(row, trusted, statement);
  if (other !== undefined) refuse(other, statement);
}

/** True when all that runs are built-ins that are not volatile: what leaves something in a session is none of these. */
export function leavesNothing({ functions }: Resolution): boolean {
  return functions.every(([oid, , , volatility]) => Number(oid) < firstOfUsers && volatility !== 'v');
}

/** @throws TargetError `statement/not-a-read` unless policy vouches for this very definition, or it is a built-in known to have no effect */
function requireHarmless(
  [oid, schema, name, volatility, signature, definition]: TextRow,
  trusted: readonly TrustedFunction[],
  statement: number,
): void {
  if (Number(oid) >= firstOfUsers) {
    const full = qualified(schema ?? '', name ?? '');
    const bodyHash = hashDefinition(definition);
    const vouched = trusted.some(
      (one) => one.name === full && one.signature === signature && one.bodyHash === bodyHash,
    );
    if (!vouched) refuse(`function ${full}`, statement);
    return;
  }
  const judged = judgePostgresFunction(name ?? '');
  if (judged === 'effectful' || (judged === 'unjudged' && volatility === 'v'))
    refuse(`function ${name ?? ''}`, statement);
}

/** Makes the statement the body of a function, and returns the function's number; undefined when there is none after all. */
async function defineBody(session: PostgresSession, sql: string): Promise<string | undefined> {
  // Takes one statement of those that can be bodies and nothing else, so the text cannot end the body below.
  await session.query(`PREPARE countersign_body AS ${sql}`);
  const { rows } = await session.query(
    `SELECT pg_catalog.array_to_string(parameter_types, ', ') FROM pg_catalog.pg_prepared_statements WHERE name = 'countersign_body'`,
  );
  await session.query('DEALLOCATE countersign_body');
  const types = rows[0]?.[0] ?? '';
  await session.query(
    `CREATE FUNCTION pg_temp.countersign_body(${types}) RETURNS void LANGUAGE sql BEGIN ATOMIC ${sql}\n; END`,
  );
  const made = await session.first(
    `SELECT oid FROM pg_catalog.pg_proc WHERE proname = 'countersign_body' AND pronamespace = pg_catalog.pg_my_temp_schema()`,
  );
  return made ?? undefined;
}

function refuse(what: string, statement: number): never {
  throw new TargetError(
    'statement/not-a-read',
    `statement reaches ${visible(what)}, which is not known to have no effect`,
    { statement },
  );
}
