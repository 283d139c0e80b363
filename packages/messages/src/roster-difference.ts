import { equalBytes, toHex } from '@countersign/codec';
import type { ExecutorKey, Person, Revocation, Role, RootKeys, Roster } from './roster.ts';

/** One item that stood in the roster before, after, or in both with a difference. */
export type Change<T> =
  | { readonly change: 'added'; readonly after: T }
  | { readonly change: 'removed'; readonly before: T }
  | { readonly change: 'altered'; readonly before: T; readonly after: T };

/** What an approver is asked to confirm when a bundle brings a newer roster. */
export interface RosterDifference {
  readonly fromNumber: number;
  readonly toNumber: number;
  /** Null when the root keys and their threshold are the same. */
  readonly root: { readonly before: RootKeys; readonly after: RootKeys } | null;
  readonly roles: readonly Change<Role>[];
  readonly persons: readonly Change<Person>[];
  readonly executors: readonly Change<ExecutorKey>[];
  readonly revocations: readonly Change<Revocation>[];
}

/** Returns what changed from `before` to `after`, each list in the order of `after` with removals last. */
export function rosterDifference(before: Roster, after: Roster): RosterDifference {
  return {
    fromNumber: before.number,
    toNumber: after.number,
    root: same(before.root, after.root) ? null : { before: before.root, after: after.root },
    roles: changes(before.roles, after.roles, (role) => role.name),
    persons: changes(before.persons, after.persons, (person) => person.id),
    executors: changes(before.executors, after.executors, (executor) => executor.origin),
    revocations: changes(before.revocations, after.revocations, (revocation) => toHex(revocation.kid)),
  };
}

/** Returns whether nothing but the number, the time and the link differ. */
export function isSameRoster(difference: RosterDifference): boolean {
  const { root, roles, persons, executors, revocations } = difference;
  return root === null && [roles, persons, executors, revocations].every((list) => list.length === 0);
}

function changes<T>(
  before: readonly T[],
  after: readonly T[],
  nameOf: (item: T) => string,
): readonly Change<T>[] {
  const old = new Map(before.map((item) => [nameOf(item), item]));
  const kept = new Set(after.map(nameOf));
  const list: Change<T>[] = [];
  for (const item of after) {
    const was = old.get(nameOf(item));
    if (was === undefined) list.push({ change: 'added', after: item });
    else if (!same(was, item)) list.push({ change: 'altered', before: was, after: item });
  }
  for (const item of before) {
    if (!kept.has(nameOf(item))) list.push({ change: 'removed', before: item });
  }
  return list;
}

/** Compares plain roster data: objects, lists, bytes, texts, numbers. */
function same(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return equalBytes(a, b);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const left = Object.entries(a);
  const right = new Map<string, unknown>(Object.entries(b));
  return (
    left.length === right.size &&
    left.every(([name, value]) => right.has(name) && same(value, right.get(name)))
  );
}
