import { EFFECTFUL_FUNCTIONS, HARMLESS_FUNCTIONS, LATER_FUNCTIONS } from './built-in-functions.ts';

/**
 * What is known of a function of pg_catalog by its name: `harmless` and `effectful` were judged by a person, `unjudged` are
 * those that no text calls by name, such as the functions behind operators.
 */
export function judgePostgresFunction(name: string): 'harmless' | 'effectful' | 'unjudged' {
  if (EFFECTFUL_FUNCTIONS.has(name)) return 'effectful';
  return HARMLESS_FUNCTIONS.has(name) || LATER_FUNCTIONS.has(name) ? 'harmless' : 'unjudged';
}
