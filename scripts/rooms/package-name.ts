/** The package's name in an import: `@noble/hashes` of `@noble/hashes/sha2.js`. */
export function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
