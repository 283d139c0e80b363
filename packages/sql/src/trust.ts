import type { Catalog, CatalogFunction, FunctionOverload } from './catalog.ts';

/** A function that policy vouches for: this name, these argument types, this very definition. */
export interface TrustedFunction extends FunctionOverload {
  /** Qualified, as facts write it: `public.full_name`. */
  readonly name: string;
}

/**
 * Returns the catalogue with a function harmless exactly when every overload of its name is trusted, whatever the catalogue
 * said before: labels of volatility prove nothing, and which overload a call means is the engine's choice. What is known of
 * its reads and writes stays. See docs/spec/policy.md#functions.
 */
export function trustFunctions(catalog: Catalog, trusted: readonly TrustedFunction[]): Catalog {
  if (catalog.functions === undefined) return catalog;
  const functions = new Map<string, CatalogFunction>();
  for (const [name, known] of catalog.functions) {
    const overloads = known.overloads ?? [];
    const own = trusted.filter((one) => one.name === name);
    const harmless = overloads.length > 0 && overloads.every((overload) => isListed(overload, own));
    functions.set(name, { ...known, harmless });
  }
  return { ...catalog, functions };
}

function isListed(overload: FunctionOverload, trusted: readonly TrustedFunction[]): boolean {
  return trusted.some(
    ({ signature, bodyHash }) => signature === overload.signature && bodyHash === overload.bodyHash,
  );
}
