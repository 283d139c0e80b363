import { classify } from '@countersign/sql';
import type { Catalog, Dialect, Effect } from '@countersign/sql';

/** What the engine made of one statement, and what ours says of it. */
export interface Trial {
  readonly script: string;
  readonly sql: string;
  /** The engine's parser took it. */
  readonly accepted: boolean;
  /** False where the session stood in a mode in which the engine reads another language: no parser is measured there. */
  readonly usualMode: boolean;
  readonly claim: Claim;
  /** Called read-only, run and watched. */
  readonly watched: boolean;
  /** What differed after it, if it was watched. */
  readonly changed: readonly string[];
}

/** What the classifier says of one statement by itself. */
export interface Claim {
  readonly readOnly: boolean;
  readonly parsed: boolean;
  readonly effect: Effect;
  /** Names that must be what they are taken for. */
  readonly assumes: readonly string[];
}

export function claimOf(sql: string, dialect: Dialect, catalog?: Catalog): Claim {
  const { readOnly, parsed, effect, assumes } = classify(sql, dialect, catalog);
  const names = [...assumes.functions, ...assumes.casts, ...assumes.operators, ...assumes.relations];
  return { readOnly, parsed, effect, assumes: names };
}

/** Keys whose values differ. */
export function differences(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) => before.get(key) !== after.get(key),
  );
}
