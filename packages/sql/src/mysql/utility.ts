import type { Effect } from '../facts.ts';
import type { Utility } from './tree.ts';

/** A statement of a kind with these effects, and whatever more is known of it. */
export function utilityOf(kind: string, effects: readonly Effect[], more: Partial<Utility> = {}): Utility {
  return {
    type: 'utility',
    kind,
    effects,
    reads: [],
    writes: [],
    query: undefined,
    exprs: [],
    opaque: false,
    renames: false,
    makes: undefined,
    drops: [],
    dropsDatabase: undefined,
    ...more,
  };
}
