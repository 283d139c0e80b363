import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = join(import.meta.dirname, '../../../test/vectors/keys');

export interface WordVector {
  readonly note?: string;
  readonly hex: string;
  readonly words: string;
  readonly code?: string;
  readonly word?: number;
  /** Accepted, but not as `words` writes it. */
  readonly reformatted?: boolean;
}

export interface PemVector {
  readonly note: string;
  readonly pem: string;
  readonly seed: string;
  readonly code?: string;
}

export interface PublicKeyVector {
  readonly note: string;
  readonly text: string;
  readonly key: string;
  readonly name: string;
  readonly code?: string;
}

export interface RootVector {
  readonly note: string;
  readonly text: string;
  readonly threshold: number;
  readonly names: readonly string[];
  readonly code?: string;
  readonly line?: number;
}

export interface KeyFileVector {
  readonly note: string;
  readonly file: string;
  readonly passphrase: string;
  readonly seed: string;
  readonly allowUnencrypted?: boolean;
  readonly code?: string;
  readonly beforePassphrase?: boolean;
}

export interface PassphraseVector {
  readonly passphrase: string;
  readonly verdict: string;
  readonly code?: string;
}

interface VectorFiles {
  readonly words: WordVector;
  readonly pem: PemVector;
  readonly 'public-keys': PublicKeyVector;
  readonly roots: RootVector;
  readonly 'key-files': KeyFileVector;
  readonly passphrases: PassphraseVector;
}

/** Returns the vectors of one file. */
export function readVectors<Name extends keyof VectorFiles>(name: Name): readonly VectorFiles[Name][] {
  const text = readFileSync(join(directory, `${name}.json`), 'utf8');
  return (JSON.parse(text) as { readonly vectors: readonly VectorFiles[Name][] }).vectors;
}

/** Returns the code an action is refused with, or undefined; an error without a code is not caught. */
export function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (thrown) {
    return codeOfError(thrown);
  }
}

/** Returns the code a promise is rejected with, or undefined. */
export async function codeOfLater(action: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await action();
    return undefined;
  } catch (thrown) {
    return codeOfError(thrown);
  }
}

function codeOfError(thrown: unknown): string {
  if (thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string') return thrown.code;
  throw thrown;
}
