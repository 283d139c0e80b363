import { toHex } from '@countersign/codec';
import { exampleKeys } from './example-keys.ts';

/** The file that makes a directory a demonstration, in which example keys may be used. */
export const demoMarker = 'COUNTERSIGN-DEMO';

const names: ReadonlyMap<string, string> = new Map(
  exampleKeys.map(({ publicKey, name }) => [publicKey, name]),
);

/** Returns the name of a key whose private half is published in `keys.example/`, undefined for any other key. */
export function exampleKeyName(publicKey: Uint8Array): string | undefined {
  return names.get(toHex(publicKey));
}
