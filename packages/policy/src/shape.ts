import type { Item, Leaf, Mapping } from './document.ts';
import { PolicyError } from './error.ts';
import type { Place } from './error.ts';

export const NAME: RegExp = /^[a-z0-9][a-z0-9-]{0,63}$/;

/**
 * The entries of a map that has no keys but `known`.
 * @throws PolicyError `policy/type`, `policy/unknown-key`
 */
export function closedMap(item: Item, known: readonly string[]): Mapping['entries'] {
  if (item.type !== 'map') throw new PolicyError('policy/type', 'expected a map', item.place);
  for (const [name, { key }] of item.entries) {
    if (!known.includes(name)) {
      throw new PolicyError(
        'policy/unknown-key',
        `unknown key ${shown(name)}, expected ${known.join(', ')}`,
        key,
      );
    }
  }
  return item.entries;
}

export function openMap(item: Item): Mapping['entries'] {
  if (item.type !== 'map') throw new PolicyError('policy/type', 'expected a map', item.place);
  return item.entries;
}

export function list(item: Item): readonly Item[] {
  if (item.type !== 'list') throw new PolicyError('policy/type', 'expected a list', item.place);
  return item.items;
}

/** A text of 1 to `lengthMax` characters on one line. */
export function text(item: Item, lengthMax: number): string {
  const { value } = leaf(item);
  if (typeof value !== 'string' || value.trim() === '' || value.length > lengthMax) {
    throw new PolicyError('policy/type', `expected text of 1 to ${lengthMax} characters`, item.place);
  }
  return value.trim().replace(/\s+/g, ' ');
}

export function wholeNumber(item: Item, min: number, max: number): number {
  const { value } = leaf(item);
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new PolicyError('policy/type', `expected a whole number from ${min} to ${max}`, item.place);
  }
  return value;
}

export function leaf(item: Item): Leaf {
  if (item.type !== 'value') throw new PolicyError('policy/type', 'expected a single value', item.place);
  return item;
}

export function requiredEntry(entries: Mapping['entries'], name: string, place: Place): Item {
  const entry = entries.get(name);
  if (entry === undefined) throw new PolicyError('policy/missing-key', `no ${name}`, place);
  return entry.value;
}

/** A name from a file for a message: cut at 64 characters, anything but plain ASCII escaped. */
export function shown(name: string): string {
  const safe = name
    .slice(0, 64)
    .replace(/[^ -~]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  return `"${safe}${name.length > 64 ? '...' : ''}"`;
}
