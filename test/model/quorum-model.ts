// The quorum of docs/spec/records.md, written down as it reads: tries every way to put persons into places.

interface Place {
  readonly role: string;
  readonly count: number;
}

interface Ballot {
  readonly person: string;
  readonly choice: 'deny' | 'approve' | 'amend';
  readonly roles: readonly string[];
  readonly step: number | null;
}

export type ModelTally =
  | { readonly state: 'rejected' }
  | {
      readonly state: 'open';
      readonly step: number;
      readonly missing: number;
      readonly wanted: readonly string[];
    }
  | { readonly state: 'complete' };

export function modelTally(quorum: readonly (readonly Place[])[], votes: readonly Ballot[]): ModelTally {
  if (votes.some((vote) => vote.choice !== 'approve')) return { state: 'rejected' };
  for (const [step, asked] of quorum.entries()) {
    const places = asked.flatMap(({ role, count }) => Array.from({ length: count }, () => role));
    const voters = new Map(
      votes.filter((vote) => vote.step === step).map((vote) => [vote.person, vote.roles]),
    );
    const filled = mostFilled(places, [...voters.values()]);
    if (filled === places.length) continue;
    const wanted = asked
      .map((place) => place.role)
      .filter((role) => mostFilled(places, [...voters.values(), [role]]) > filled);
    return { state: 'open', step, missing: places.length - filled, wanted };
  }
  return { state: 'complete' };
}

/** The most places that can be filled when each person takes one or none: every choice is tried. */
function mostFilled(places: readonly string[], voters: readonly (readonly string[])[]): number {
  const [first, ...others] = voters;
  if (first === undefined) return 0;
  let most = mostFilled(places, others);
  for (const role of new Set(first)) {
    const at = places.indexOf(role);
    if (at >= 0) most = Math.max(most, 1 + mostFilled(places.toSpliced(at, 1), others));
  }
  return most;
}
