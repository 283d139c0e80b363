import type { Store } from './store.ts';

/** Keeps in which span a request was submitted, so that what happens to it days later can link to that. Nothing signed holds it. */
export function putTraceParent(store: Store, id: Uint8Array, parent: string | undefined): void {
  if (parent === undefined) return;
  store.prepare('INSERT INTO trace_parent (id, parent) VALUES (?, ?)').run(id, parent);
}

/** Returns the `traceparent` of the span in which a request was submitted; undefined when that was not traced. */
export function traceParentOf(store: Store, id: Uint8Array): string | undefined {
  return store.prepare<[Uint8Array], string>('SELECT parent FROM trace_parent WHERE id = ?').pluck().get(id);
}
