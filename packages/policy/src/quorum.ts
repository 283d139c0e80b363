import type { Quorum, RoleCount } from './verdict.ts';

export const STEPS_MAX = 8;
export const ROLES_MAX = 8;
export const COUNT_MAX = 32;

/**
 * The least quorum that asks at least what each of the two asks: step by step the highest count of
 * every role. Commutative, associative, idempotent; roles of a step ascend by name.
 */
export function mergeQuorums(a: Quorum, b: Quorum): Quorum {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, step) =>
    mergeSteps(a[step] ?? [], b[step] ?? []),
  );
}

function mergeSteps(a: readonly RoleCount[], b: readonly RoleCount[]): readonly RoleCount[] {
  const counts = new Map<string, number>();
  for (const { role, count } of [...a, ...b]) counts.set(role, Math.max(count, counts.get(role) ?? 0));
  return [...counts].map(([role, count]) => ({ role, count })).sort((x, y) => (x.role < y.role ? -1 : 1));
}

/** True when `a` asks at least as much as `b` in every step. */
export function coversQuorum(a: Quorum, b: Quorum): boolean {
  return b.every((step, index) =>
    step.every(({ role, count }) => (a[index] ?? []).some((own) => own.role === role && own.count >= count)),
  );
}

/** How many distinct persons of each role all steps together need, as each person has one vote. */
export function personsNeeded(quorum: Quorum): ReadonlyMap<string, number> {
  const needed = new Map<string, number>();
  for (const { role, count } of quorum.flat()) needed.set(role, (needed.get(role) ?? 0) + count);
  return needed;
}
