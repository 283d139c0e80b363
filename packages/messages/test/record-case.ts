import { encode, encodeWith, type CodecErrorCode, type Schema, type Value } from '@countersign/codec';
import type { MessageErrorCode } from '@countersign/messages';

export interface RecordCase {
  readonly name: string;
  readonly type: string;
  readonly payload: Uint8Array;
  /** What was encoded; undefined when the payload is refused. */
  readonly item?: unknown;
  /** Null: the payload is read and written again the same. */
  readonly code: CodecErrorCode | MessageErrorCode | null;
}

export function valid<T>(name: string, type: string, schema: Schema<T>, item: T): RecordCase {
  return { name, type, payload: encodeWith(schema, item), item, code: null };
}

/** The payload of a record with map keys set to other values, or removed (undefined). */
export function changed<T>(
  schema: Schema<T>,
  item: T,
  changes: readonly (readonly [number, Value | undefined])[],
): Uint8Array {
  const map = new Map(schema.write(item) as ReadonlyMap<number, Value>);
  for (const [key, value] of changes) {
    if (value === undefined) map.delete(key);
    else map.set(key, value);
  }
  return encode(new Map([...map].sort(([a], [b]) => a - b)));
}

export function broken<T>(
  name: string,
  type: string,
  schema: Schema<T>,
  item: T,
  code: RecordCase['code'],
  ...changes: readonly (readonly [number, Value | undefined])[]
): RecordCase {
  return { name, type, payload: changed(schema, item, changes), code };
}
