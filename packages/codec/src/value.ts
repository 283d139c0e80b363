/**
 * What the profile can carry: null, booleans, integers |n| ≤ 2^53−1, text, bytes, arrays, and maps
 * whose keys are integers 0..23.
 */
export type Value =
  null | boolean | number | string | Uint8Array | readonly Value[] | ReadonlyMap<number, Value>;

/** What a decoder refuses before it allocates. */
export interface DecodeLimits {
  /** Longest input, in bytes. */
  readonly bytesMax: number;
  /** Most arrays and maps around one another. */
  readonly depthMax: number;
  /** Most data items in all: every element, map key and map value, and every container itself. */
  readonly itemsMax: number;
}

/** The limits where a caller names none: 1 MiB, 16 levels, 65,536 items. */
export const defaultLimits: DecodeLimits = { bytesMax: 1_048_576, depthMax: 16, itemsMax: 65_536 };

/** The largest map key; a key is one byte on the wire. */
export const keyMax: number = 23;

/** Returns all limits, the default for each that is not given: an absent one must never mean none. */
export function limitsOf(limits: Partial<DecodeLimits> | undefined): DecodeLimits {
  if (limits === undefined) return defaultLimits;
  return {
    bytesMax: limits.bytesMax ?? defaultLimits.bytesMax,
    depthMax: limits.depthMax ?? defaultLimits.depthMax,
    itemsMax: limits.itemsMax ?? defaultLimits.itemsMax,
  };
}
