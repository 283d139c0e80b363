import { createHash } from 'node:crypto';
import { visible } from './visible-text.ts';

/** An object of a schema: its kind, its name, and a print that is another one for another definition. */
export type SchemaPart = readonly [kind: string, name: string, print: string];

/** Returns the objects of a schema, from facts about them; those with one kind and name are one object. */
export function partsOf(facts: Iterable<readonly [kind: string, name: string, text: string]>): SchemaPart[] {
  const texts = new Map<string, { kind: string; name: string; texts: string[] }>();
  for (const [kind, name, text] of facts) {
    const key = JSON.stringify([kind, name]);
    const known = texts.get(key) ?? { kind, name, texts: [] };
    known.texts.push(text);
    texts.set(key, known);
  }
  return [...texts.values()].map(({ kind, name, texts: all }) => [kind, name, printOf(all)] as const);
}

/** Returns in words which objects of a schema differ: `table main.orders changed`. */
export function changedParts(before: readonly SchemaPart[], after: readonly SchemaPart[]): string[] {
  const key = ([kind, name]: SchemaPart): string => JSON.stringify([kind, name]);
  const [old, now] = [before, after].map((all) => new Map(all.map((part) => [key(part), part])));
  const parts = new Map([...(old ?? []), ...(now ?? [])]);
  return [...parts].toSorted(byKey).flatMap(([one, [kind, name]]) => {
    const [was, is] = [old?.get(one)?.[2], now?.get(one)?.[2]];
    if (was === is) return [];
    const what = was === undefined ? 'created' : is === undefined ? 'dropped' : 'changed';
    return [`${kind} ${visible(name)} ${what}`];
  });
}

/** Enough to tell two definitions of one object apart; the whole schema is bound by its fingerprint. */
function printOf(texts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16);
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
