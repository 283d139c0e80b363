declare const untrustedBrand: unique symbol;
declare const verifiedBrand: unique symbol;

/** A value as it was received: well formed, believed in nothing. A marker for readers and signatures. */
export type Untrusted<T> = T & { readonly [untrustedBrand]: true };

/**
 * A value whose signature was verified with a key the caller trusts for it. Only `verify1` and
 * `verifySignature` of this package make one from nothing; every other is derived by `mapVerified`.
 */
export type Verified<T> = T & { readonly [verifiedBrand]: true };

/** Marks what a decoder returned. */
export function untrusted<T>(value: T): Untrusted<T> {
  return value as Untrusted<T>;
}

/**
 * Returns `derive(value)` as verified. `derive` must take everything it returns from `value`: decode
 * the payload that was signed, pick a part of it, or add what was verified by other means.
 */
export function mapVerified<A, B>(value: Verified<A>, derive: (value: A) => B): Verified<B> {
  return derive(value) as Verified<B>;
}

/** Mints a verified value. Not exported by the package: `verifyX` functions of this room only. */
export function verified<T>(value: T): Verified<T> {
  return value as Verified<T>;
}
