import type { SchemaPart } from '@countersign/targets';
import type { Store } from './store.ts';

/**
 * Keeps which objects a schema has, beside its fingerprint, for as long as an open request may have been made on it: to say what changed.
 * Nothing rests on it, the signed fingerprint decides.
 */
export function keepSchema(
  store: Store,
  fingerprint: Uint8Array,
  parts: readonly SchemaPart[],
  at: number,
): void {
  store
    .prepare(
      `INSERT INTO target_schema (fingerprint, parts, used_at) VALUES (?, ?, ?)
       ON CONFLICT (fingerprint) DO UPDATE SET used_at = excluded.used_at`,
    )
    .run(fingerprint, JSON.stringify(parts), at);
  // Not the one just kept: its time lies before that of open requests when the clock went back.
  store
    .prepare(
      `DELETE FROM target_schema WHERE fingerprint <> ?
       AND used_at < (SELECT min(made_at) FROM request WHERE state IN ('submitted', 'pending', 'approved', 'running'))`,
    )
    .run(fingerprint);
}

/** Returns the objects of a schema; undefined when they were never kept. */
export function schemaParts(store: Store, fingerprint: Uint8Array): readonly SchemaPart[] | undefined {
  const json = store
    .prepare<[Uint8Array], string>('SELECT parts FROM target_schema WHERE fingerprint = ?')
    .pluck()
    .get(fingerprint);
  return json === undefined ? undefined : (JSON.parse(json) as readonly SchemaPart[]);
}
