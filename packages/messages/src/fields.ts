import {
  array,
  compareBytes,
  convert,
  fixedBytes,
  literal,
  positional,
  text,
  tuple,
  uint,
  utf8,
  type Schema,
} from '@countersign/codec';
import { MessageError } from './message-error.ts';
import type { Head, Pair, RosterRef } from './refs.ts';

/** The field schemas that several records share; limits are those of docs/spec/records.md#limits, in bytes. */
export const versionField: Schema<1> = literal(1);
export const hashField: Schema<Uint8Array> = fixedBytes(32);
export const idField: Schema<Uint8Array> = fixedBytes(16);
/** Whole seconds since 1970-01-01T00:00:00Z. */
export const timeField: Schema<number> = uint();
export const nameField: Schema<string> = text(256, 1);
export const sentenceField: Schema<string> = text(4096);
export const codeField: Schema<string> = text(64, 1);
export const proofField: Schema<readonly Uint8Array[]> = array(hashField, { max: 64 });
export const rosterRefField: Schema<RosterRef> = positional<RosterRef>({ number: uint(), hash: hashField });
export const headField: Schema<Head> = positional<Head>({ size: uint(), root: hashField });

/** Words on this side, their position in `words` on the wire. */
export function numbered<const W extends readonly string[]>(words: W): Schema<W[number]> {
  return convert(
    uint(words.length - 1),
    (number): W[number] => words[number] ?? '',
    (word) => words.indexOf(word),
  );
}

/** `schema`, whose items must also pass `check`, which throws a MessageError. */
export function ruled<T>(schema: Schema<T>, check: (item: T) => void): Schema<T> {
  const checked = (item: T): T => {
    check(item);
    return item;
  };
  return convert(schema, checked, checked);
}

/**
 * Pairs whose names are strictly ascending in the bytes of their UTF-8.
 * @throws MessageError `message/names-unsorted`
 */
export function pairs(bounds: {
  readonly min: number;
  readonly max: number;
  readonly nameMax: number;
  readonly valueMax: number;
}): Schema<readonly Pair[]> {
  const pair: Schema<Pair> = tuple([text(bounds.nameMax, 1), text(bounds.valueMax)]);
  return ruled(array(pair, { min: bounds.min, max: bounds.max }), requireAscending);
}

function requireAscending(list: readonly Pair[]): void {
  list.forEach(([name], i) => {
    const before = list[i - 1];
    if (before === undefined || compareBytes(utf8(before[0]), utf8(name)) < 0) return;
    throw new MessageError('message/names-unsorted', 'names that are not strictly ascending', {
      index: i,
      name,
    });
  });
}
