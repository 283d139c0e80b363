import type { ModelValue } from '../../../test/model/cbor-model.ts';
import { utf8, type Value } from '../src/index.ts';

/** Returns a value in the model's terms, so that the two readers can be compared. */
export function modelValueOf(value: Value): ModelValue {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return BigInt(value);
  if (typeof value === 'string') return { text: [...utf8(value)] };
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (value instanceof Map) {
    const map = value as ReadonlyMap<number, Value>;
    return { map: [...map].map(([key, item]) => [BigInt(key), modelValueOf(item)]) };
  }
  return { array: (value as readonly Value[]).map(modelValueOf) };
}
