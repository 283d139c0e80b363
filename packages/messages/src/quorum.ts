import type { Choice } from './decision.ts';
import type { Quorum, RoleCount } from './request.ts';

/** What the tally needs to know of a counted decision. */
export interface Vote {
  /** Person id. */
  readonly person: string;
  readonly choice: Choice;
  /** Roles of the person. */
  readonly roles: readonly string[];
  /** Index of the step that an approval counts for; null for a denial or amendment. */
  readonly step: number | null;
}

/** How the votes of a request stand. */
export type Tally<V extends Vote = Vote> =
  | { readonly state: 'rejected'; readonly by: readonly V[] }
  | {
      readonly state: 'open';
      /** Index of the first incomplete step. */
      readonly step: number;
      /** Places that no approver fills, of the open step. */
      readonly missing: readonly RoleCount[];
      /** Roles of the open step of which one more holder would fill a place. */
      readonly wanted: readonly string[];
    }
  | { readonly state: 'complete' };

/** Where an approval would count, or why nowhere. */
export type Placement =
  | { readonly placed: true; readonly step: number }
  | {
      readonly placed: false;
      readonly code: 'role-missing' | 'quorum-complete' | 'step-not-open' | 'step-complete' | 'place-filled';
    };

/**
 * Returns how `votes` stand against `quorum` (docs/spec/records.md#quorum).
 * A denial or an amendment rejects, else the first step that its own votes cannot fill is open.
 */
export function tally<V extends Vote>(quorum: Quorum, votes: readonly V[]): Tally<V> {
  const by = votes.filter((vote) => vote.choice !== 'approve');
  if (by.length > 0) return { state: 'rejected', by };
  for (const [step, asked] of quorum.entries()) {
    const voters = votersOf(votes, step);
    const missing = unfilled(asked, voters);
    if (missing.length > 0) return { state: 'open', step, missing, wanted: wantedRoles(asked, voters) };
  }
  return { state: 'complete' };
}

/** Returns the step that an approval by a holder of `roles` counts for after `votes`, or why it counts for none. */
export function placeApproval(quorum: Quorum, votes: readonly Vote[], roles: readonly string[]): Placement {
  const asks = (step: readonly RoleCount[]): boolean => step.some((place) => roles.includes(place.role));
  if (!quorum.some(asks)) return { placed: false, code: 'role-missing' };
  const standing = tally(quorum, approvalsOf(votes));
  if (standing.state !== 'open') return { placed: false, code: 'quorum-complete' };
  const { step } = standing;
  const open = quorum[step] ?? [];
  if (asks(open)) {
    const helps = standing.wanted.some((role) => roles.includes(role));
    return helps ? { placed: true, step } : { placed: false, code: 'place-filled' };
  }
  const later = quorum.slice(step + 1).some(asks);
  return { placed: false, code: later ? 'step-not-open' : 'step-complete' };
}

/** Returns the names of all roles that any step asks for. */
export function rolesOf(quorum: Quorum): ReadonlySet<string> {
  return new Set(quorum.flatMap((step) => step.map((place) => place.role)));
}

function approvalsOf(votes: readonly Vote[]): readonly Vote[] {
  return votes.filter((vote) => vote.choice === 'approve');
}

/** Returns the role lists of the persons whose approval counts for `step`, each person once. */
function votersOf(votes: readonly Vote[], step: number): readonly (readonly string[])[] {
  const persons = new Map<string, readonly string[]>();
  for (const vote of votes) {
    if (vote.step === step && !persons.has(vote.person)) persons.set(vote.person, vote.roles);
  }
  return [...persons.values()];
}

/** Returns the places of `asked` that a maximum matching leaves empty; earlier roles are filled first. */
function unfilled(asked: readonly RoleCount[], voters: readonly (readonly string[])[]): readonly RoleCount[] {
  const filling = new Map<number, string>();
  const missing: RoleCount[] = [];
  for (const { role, count } of asked) {
    let filled = 0;
    while (filled < count && fill(role, voters, filling, new Set())) filled += 1;
    if (filled < count) missing.push({ role, count: count - filled });
  }
  return missing;
}

/**
 * Fills one place of `role` in `filling` (voter index → role) by an augmenting path, and returns whether it could.
 * `tried` holds the voters of this path, so that each is visited once.
 */
function fill(
  role: string,
  voters: readonly (readonly string[])[],
  filling: Map<number, string>,
  tried: Set<number>,
): boolean {
  for (const [index, roles] of voters.entries()) {
    if (tried.has(index) || !roles.includes(role)) continue;
    tried.add(index);
    const held = filling.get(index);
    if (held === undefined || fill(held, voters, filling, tried)) {
      filling.set(index, role);
      return true;
    }
  }
  return false;
}

function wantedRoles(asked: readonly RoleCount[], voters: readonly (readonly string[])[]): readonly string[] {
  const count = (places: readonly RoleCount[]): number => places.reduce((sum, place) => sum + place.count, 0);
  const now = count(unfilled(asked, voters));
  return asked.map((place) => place.role).filter((role) => count(unfilled(asked, [...voters, [role]])) < now);
}
