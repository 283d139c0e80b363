import type { Setting } from '@countersign/diff';
import type { Relation } from './relations.ts';
import type { PostgresSession } from './session.ts';

/** Modes that keep others from changing rows or the schema, weakest first; the weaker ones every change of rows takes. */
const strongModes: readonly (readonly [mode: string, words: string])[] = [
  ['ShareUpdateExclusiveLock', 'SHARE UPDATE EXCLUSIVE'],
  ['ShareLock', 'SHARE'],
  ['ShareRowExclusiveLock', 'SHARE ROW EXCLUSIVE'],
  ['ExclusiveLock', 'EXCLUSIVE'],
  ['AccessExclusiveLock', 'ACCESS EXCLUSIVE'],
];

/** The strongest lock that the session holds on each relation, by the relation's number, in the engine's words. */
export async function readLocks(session: PostgresSession): Promise<ReadonlyMap<string, string>> {
  const { rows } = await session.query(
    `SELECT relation, mode FROM pg_catalog.pg_locks WHERE pid = pg_catalog.pg_backend_pid() AND granted AND locktype = 'relation'`,
  );
  const found = new Map<string, number>();
  for (const [relation, mode] of rows) {
    const rank = strongModes.findIndex(([name]) => name === mode);
    if (rank >= 0) found.set(relation ?? '', Math.max(rank, found.get(relation ?? '') ?? 0));
  }
  return new Map([...found].map(([relation, rank]) => [relation, strongModes[rank]?.[1] ?? '']));
}

/** Relations that nobody else can even read while the locks are held. */
export function isShut(locks: ReadonlyMap<string, string>, oid: string): boolean {
  return locks.get(oid) === 'ACCESS EXCLUSIVE';
}

/**
 * Returns, as facts about the engine for the diff, which relations that were there before are locked and how strongly, and which are
 * written anew. An index is named where it is shut and its table is not.
 */
export function lockSettings(
  locks: ReadonlyMap<string, string>,
  before: ReadonlyMap<string, Relation>,
  after: ReadonlyMap<string, Relation>,
): Setting[] {
  const settings: Setting[] = [];
  for (const [oid, mode] of locks) {
    const relation = before.get(oid);
    if (relation === undefined) continue;
    if (relation.table !== '' && (mode !== 'ACCESS EXCLUSIVE' || isShut(locks, relation.table))) continue;
    settings.push([`lock ${relation.name}`, mode]);
  }
  for (const [oid, { name, kind, file }] of after) {
    const was = before.get(oid);
    if (was === undefined || was.file === file || kind === 'S') continue;
    settings.push([`rewrite ${name}`, kinds[kind] ?? 'relation']);
  }
  return settings.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

const kinds: Readonly<Record<string, string>> = { r: 'table', m: 'materialized view', i: 'index' };
