import { CodecError } from './error.ts';
import { mismatch, requireLength, type Schema } from './schema.ts';
import type { Value } from './value.ts';

/** A field that must be there: its map key 0..23 and its schema. */
export interface RequiredField<V> {
  readonly key: number;
  readonly schema: Schema<V>;
  readonly optional: false;
}

/** A field that may be absent, both in the map and as a property. */
export interface OptionalField<V> {
  readonly key: number;
  readonly schema: Schema<V>;
  readonly optional: true;
}

/** The fields of T: a property that may be absent takes `optional`, every other takes `required`. */
export type Fields<T> = {
  readonly [K in keyof T]-?: undefined extends T[K]
    ? OptionalField<Exclude<T[K], undefined>>
    : RequiredField<T[K]>;
};

/** A field that must be there. */
export function required<V>(key: number, schema: Schema<V>): RequiredField<V> {
  return { key, schema, optional: false };
}

/** A field that may be absent; the property is absent then, never undefined. */
export function optional<V>(key: number, schema: Schema<V>): OptionalField<V> {
  return { key, schema, optional: true };
}

interface AnyField {
  readonly name: string;
  readonly key: number;
  readonly schema: Schema<unknown>;
  readonly optional: boolean;
}

/**
 * A closed map: the fields named and no other, under their integer keys.
 * @throws CodecError `schema/missing-key`, `schema/unknown-key`; writing also `schema/unknown-field`
 */
export function record<T extends object>(fields: Fields<T>): Schema<T> {
  const all = Object.entries(fields as Record<string, Omit<AnyField, 'name'>>).map(
    ([name, field]): AnyField => ({ ...field, name }),
  );
  const names = new Set(all.map((field) => field.name));
  const keys = new Set(all.map((field) => field.key));
  return {
    read: (value, path) => {
      if (!(value instanceof Map)) throw mismatch('a map', value, path);
      return readRecord(all, keys, value as ReadonlyMap<number, Value>, path) as T;
    },
    write: (item, path = '$') => writeRecord(all, names, item, path),
  };
}

function readRecord(
  fields: readonly AnyField[],
  keys: ReadonlySet<number>,
  map: ReadonlyMap<number, Value>,
  path: string,
): object {
  const item: Record<string, unknown> = {};
  let seen = 0;
  for (const field of fields) {
    const value = map.get(field.key);
    if (value !== undefined) {
      item[field.name] = field.schema.read(value, `${path}.${field.name}`);
      seen += 1;
    } else if (!field.optional) {
      throw new CodecError('schema/missing-key', `no key ${field.key} (${field.name})`, { path });
    }
  }
  if (seen === map.size) return item;
  const unknown = [...map.keys()].find((key) => !keys.has(key));
  throw new CodecError('schema/unknown-key', `unknown key ${String(unknown)} in a closed map`, { path });
}

function writeRecord(
  fields: readonly AnyField[],
  names: ReadonlySet<string>,
  item: object,
  path: string,
): Value {
  // A property nobody writes would be a statement that nobody signs.
  const unknown = Object.keys(item).find((name) => !names.has(name));
  if (unknown !== undefined) {
    throw new CodecError('schema/unknown-field', 'a property that the record does not have', { path });
  }
  const given = item as Record<string, unknown>;
  const map = new Map<number, Value>();
  for (const field of fields) {
    const value = given[field.name];
    if (value !== undefined) {
      map.set(field.key, field.schema.write(value, `${path}.${field.name}`));
    } else if (!field.optional) {
      throw new CodecError('schema/missing-key', `no ${field.name} to write under ${field.key}`, { path });
    }
  }
  return map;
}

/** Arrays of min..max items of `schema`; min is 0 unless given. */
export function array<T>(
  schema: Schema<T>,
  bounds: { readonly min?: number; readonly max: number },
): Schema<readonly T[]> {
  const min = bounds.min ?? 0;
  return {
    read: (value, path) => {
      const items = arrayOf(value, path);
      requireLength(items.length, min, bounds.max, path);
      return items.map((item, i) => schema.read(item, `${path}[${i}]`));
    },
    write: (items, path = '$') => {
      requireLength(items.length, min, bounds.max, path);
      return items.map((item, i) => schema.write(item, `${path}[${i}]`));
    },
  };
}

/** Arrays of exactly these schemas in this order. */
export function tuple<const T extends readonly unknown[]>(schemas: {
  readonly [K in keyof T]: Schema<T[K]>;
}): Schema<T> {
  const all: readonly Schema<unknown>[] = schemas;
  return {
    read: (value, path) => {
      const items = arrayOf(value, path);
      requireLength(items.length, all.length, all.length, path);
      return all.map((schema, i) => schema.read(items[i] ?? null, `${path}[${i}]`)) as unknown as T;
    },
    write: (items, path = '$') => {
      requireLength(items.length, all.length, all.length, path);
      return all.map((schema, i) => schema.write(items[i], `${path}[${i}]`));
    },
  };
}

/** Arrays read as an object: the first schema named reads the first element, and so on. */
export function positional<T extends object>(fields: {
  readonly [K in keyof T]-?: Schema<T[K]>;
}): Schema<T> {
  const all = Object.entries(fields as Record<string, Schema<unknown>>);
  return {
    read: (value, path) => {
      const items = arrayOf(value, path);
      requireLength(items.length, all.length, all.length, path);
      const entries = all.map(([name, schema], i): [string, unknown] => [
        name,
        schema.read(items[i] ?? null, `${path}.${name}`),
      ]);
      return Object.fromEntries(entries) as T;
    },
    write: (item, path = '$') => {
      const given = item as Record<string, unknown>;
      requireLength(Object.keys(given).length, all.length, all.length, path);
      return all.map(([name, schema]) => schema.write(given[name], `${path}.${name}`));
    },
  };
}

/** For each `type` of a union: the number it has on the wire, and the schema of its `value` if it has one. */
export type Cases<T extends { readonly type: string }> = {
  readonly [K in T['type']]: Extract<T, { readonly type: K }> extends { readonly value: infer P }
    ? readonly [tag: number, schema: Schema<P>]
    : readonly [tag: number];
};

/**
 * A union told apart by `type`: `[tag]` or `[tag, value]`.
 * @throws CodecError `schema/unknown-tag`
 */
export function tagged<T extends { readonly type: string }>(cases: Cases<T>): Schema<T> {
  const all = Object.entries(cases as Record<string, readonly [number, Schema<unknown>?]>);
  const byTag = new Map(all.map(([type, [tag, schema]]) => [tag, { type, schema }]));
  const byType = new Map(all.map(([type, [tag, schema]]) => [type, { tag, schema }]));
  return {
    read: (value, path) => {
      const items = arrayOf(value, path);
      const tag = items[0];
      const found = typeof tag === 'number' ? byTag.get(tag) : undefined;
      if (found === undefined) throw new CodecError('schema/unknown-tag', 'unknown tag', { path });
      const { type, schema } = found;
      requireLength(items.length, schema === undefined ? 1 : 2, schema === undefined ? 1 : 2, path);
      if (schema === undefined) return { type } as T;
      return { type, value: schema.read(items[1] ?? null, `${path}.${type}`) } as unknown as T;
    },
    write: (item, path = '$') => {
      const found = byType.get(item.type);
      if (found === undefined) throw new CodecError('schema/unknown-tag', 'unknown type', { path });
      if (found.schema === undefined) return [found.tag];
      const { value } = item as unknown as { value: unknown };
      return [found.tag, found.schema.write(value, `${path}.${item.type}`)];
    },
  };
}

function arrayOf(value: Value, path: string): readonly Value[] {
  if (!Array.isArray(value)) throw mismatch('an array', value, path);
  return value as readonly Value[];
}
