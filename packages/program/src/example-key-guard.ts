import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { demoMarker, exampleKeyName, exampleKeys } from '@countersign/keys';
import { ProgramError } from './program-error.ts';
import { quote } from './visible-text.ts';

const files: ReadonlySet<string> = new Set(exampleKeys.map((key) => key.fileSha256));

/** Returns whether the private half of a key is published in `keys.example/`. */
export function isExampleKey(publicKey: Uint8Array): boolean {
  return exampleKeyName(publicKey) !== undefined;
}

/** Returns whether the bytes are one of the committed files of `keys.example/`, which a checkout leaves readable for everybody. */
export function isExampleKeyFile(bytes: Uint8Array): boolean {
  return files.has(createHash('sha256').update(bytes).digest('hex'));
}

function isDemo(homeDir: string): boolean {
  return lstatSync(join(homeDir, demoMarker), { throwIfNoEntry: false })?.isFile() === true;
}

/**
 * Returns when the key may be used in the home: any key in a demonstration, otherwise any but the published ones.
 *
 * @throws ProgramError `key/example`
 */
export function refuseExampleKey(publicKey: Uint8Array, homeDir: string): void {
  const name = exampleKeyName(publicKey);
  if (name === undefined || isDemo(homeDir)) return;
  throw new ProgramError('key/example', `the example key ${quote(name)} is public, anyone can sign with it`, {
    hint: `make a key of your own with "key generate" (a demonstration home holds a file ${demoMarker})`,
  });
}
