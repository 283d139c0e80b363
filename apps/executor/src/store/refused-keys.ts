import type { Store } from './store.ts';

/** A key that this executor takes nothing from any more. */
export interface RefusedKey {
  /** 32 bytes. */
  readonly kid: Uint8Array;
  /** Whole seconds since 1970. */
  readonly at: number;
  /** Who said so. */
  readonly person: string;
  readonly reason: string;
}

/** Returns whether a key is refused here, whatever the roster says. */
export function isRefused(store: Store, kid: Uint8Array): boolean {
  return store.prepare<[Uint8Array]>('SELECT 1 AS one FROM refused_key WHERE kid = ?').get(kid) !== undefined;
}

/** Refuses a key from now on; what was said first stands. */
export function refuseKey(store: Store, key: RefusedKey): void {
  store
    .prepare(
      'INSERT OR IGNORE INTO refused_key (kid, at, person, reason) VALUES (@kid, @at, @person, @reason)',
    )
    .run(key);
}

/** Returns every key that is refused here. */
export function refusedKeys(store: Store): readonly RefusedKey[] {
  return store.prepare<[], RefusedKey>('SELECT kid, at, person, reason FROM refused_key ORDER BY at').all();
}
