import { readFileSync } from 'node:fs';
import { CodecError, concatBytes, fromHex, type Value } from '../src/index.ts';

/** A value as the vector files write it: bytes and maps have no form of their own in JSON. */
export type Notation =
  | null
  | boolean
  | number
  | string
  | readonly Notation[]
  | { readonly bytes: string }
  | { readonly map: readonly (readonly [number, Notation])[] };

/** An input to the CBOR reader: accepted with its value or refused with its code. */
export interface CborVector {
  readonly name: string;
  readonly hex: string;
  readonly value?: Notation;
  readonly code?: string;
  readonly offset?: number;
}

/** An input too long to write out: [hex, how often] one after the other. */
export interface BombVector {
  readonly name: string;
  readonly parts: readonly (readonly [string, number])[];
  readonly code: string;
}

/** A signature and what the one rule says of it: accepted when there is no code. */
export interface SignatureVector {
  readonly name: string;
  readonly key: string;
  readonly message: string;
  readonly signature: string;
  readonly code?: string;
}

/** A signature with the seed of its key. */
export interface SeedVector extends SignatureVector {
  readonly seed: string;
}

/** An envelope and what `verify1` says of it, asked for a record of `type`. */
export interface EnvelopeVector {
  readonly name: string;
  readonly type: string;
  readonly hex: string;
  /** Given beside the envelope. */
  readonly detached?: string;
  /** What verified. */
  readonly payload?: string;
  readonly code?: string;
}

/** The vector files of this package and what each holds. */
export interface VectorFiles {
  readonly rfc8949: CborVector;
  readonly accepted: CborVector;
  readonly refused: CborVector;
  readonly bombs: BombVector;
  readonly 'ed25519-rfc8032': SeedVector;
  readonly 'ed25519-speccheck': SignatureVector;
  readonly 'ed25519-edges': SignatureVector;
  readonly envelopes: EnvelopeVector;
}

/** Returns where a vector file lies. */
export function vectorPath(name: keyof VectorFiles): URL {
  return new URL(`../../../test/vectors/codec/${name}.json`, import.meta.url);
}

/** Returns the vectors of one file. */
export function readVectors<N extends keyof VectorFiles>(name: N): readonly VectorFiles[N][] {
  const file = JSON.parse(readFileSync(vectorPath(name), 'utf8')) as {
    readonly vectors: readonly VectorFiles[N][];
  };
  return file.vectors;
}

/** Returns the value that a notation stands for. */
export function valueOf(notation: Notation): Value {
  if (notation === null || typeof notation !== 'object') return notation;
  if (isList(notation)) return notation.map(valueOf);
  if ('bytes' in notation) return fromHex(notation.bytes);
  return new Map(notation.map.map(([key, value]) => [key, valueOf(value)]));
}

function isList(notation: Notation): notation is readonly Notation[] {
  return Array.isArray(notation);
}

/** Returns the bytes of a bomb. */
export function bombBytes(bomb: BombVector): Uint8Array {
  return concatBytes(
    ...bomb.parts.map(([hex, times]) => {
      const part = fromHex(hex);
      const all = new Uint8Array(part.length * times);
      for (let i = 0; i < times; i++) all.set(part, i * part.length);
      return all;
    }),
  );
}

/** Returns the error that `action` throws; fails when it throws none or another kind. */
export function refusalOf(action: () => unknown): CodecError {
  try {
    action();
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
  throw new Error('accepted, expected a refusal');
}

/** Returns the code that `action` is refused with, or undefined when it is not refused. */
export function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof CodecError) return error.code;
    throw error;
  }
}

/** Returns the least time of seven runs, in milliseconds: what `action` costs, not what the machine does besides. */
export function leastTimeMs(action: () => void): number {
  const times = Array.from({ length: 7 }, () => {
    const start = performance.now();
    action();
    return performance.now() - start;
  });
  return Math.min(...times);
}
