import { EFFECTS } from './facts.ts';
import type { Facts } from './facts.ts';

/**
 * Returns the facts with one text's statements unknown and opaque: the engine found that they reach something that no text
 * shows, such as a function behind a cast. Facts only ever become graver by this.
 */
export function unsettle(facts: Facts, text: number): Facts {
  const statements = facts.statements.map((statement) =>
    statement.text === text
      ? {
          ...statement,
          effects: EFFECTS.filter((effect) => effect === 'unknown' || statement.effects.includes(effect)),
          hazards: [...statement.hazards, { code: 'opaque' as const, text, offset: 0, length: 0 }],
          opaque: true,
        }
      : statement,
  );
  return { ...facts, statements, effect: 'unknown', readOnly: false };
}
