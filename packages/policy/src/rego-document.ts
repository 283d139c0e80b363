import { sha256, toHex, utf8Length } from '@countersign/codec';
import { valuesOf } from './decide.ts';
import type { PolicyInput } from './input.ts';
import type { Policy } from './policy.ts';
import { regoFailure } from './rego-code.ts';
import type { RegoFailure } from './rego-code.ts';

/** Grows when a field of the document changes its meaning or goes; new fields leave it as it is. */
export const REGO_INPUT_VERSION = 1;
export const REGO_INPUT_BYTES_MAX = 1_048_576;

/** The input document of one look, as a Rego policy gets it (docs/spec/rego.md#input). */
export interface RegoDocument {
  readonly type: 'document';
  /** JSON. */
  readonly text: string;
  /** SHA-256 of the UTF-8 bytes of `text`, in hex. */
  readonly digest: string;
  /** The same over the document without `time`: equal when the same was asked at another moment. */
  readonly subject: string;
}

/** Returns what a Rego policy is asked: the very values that expressions see, as plain JSON. */
export function regoDocument(policy: Pick<Policy, 'tags'>, input: PolicyInput): RegoDocument | RegoFailure {
  try {
    const values = plain({ version: REGO_INPUT_VERSION, ...valuesOf(policy, input) });
    const text = JSON.stringify(values);
    const size = utf8Length(text);
    if (size > REGO_INPUT_BYTES_MAX) {
      return regoFailure(
        'rego/input-too-large',
        `the input is ${size} bytes, at most ${REGO_INPUT_BYTES_MAX}`,
      );
    }
    return { type: 'document', text, digest: hashOf(text), subject: hashOf(withoutTime(values)) };
  } catch (error) {
    if (error instanceof Inexact) return regoFailure('rego/input', error.message);
    throw error;
  }
}

/** A value that JSON would carry as another one. */
class Inexact extends Error {}

function plain(value: unknown): unknown {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      if (value.isWellFormed()) return value;
      throw new Inexact('a text of the input is no Unicode');
    case 'number':
    case 'bigint':
      if (Number.isSafeInteger(Number(value))) return Number(value);
      throw new Inexact('a number of the input is beyond 2^53');
    case 'object':
      if (Array.isArray(value)) return (value as readonly unknown[]).map(plain);
      if (value instanceof Map) return mapped(value as ReadonlyMap<string, unknown>);
      if (value !== null) return mapped(Object.entries(value));
      break;
    default:
  }
  throw new Inexact(`a value of the input is ${typeof value}`);
}

function mapped(entries: Iterable<readonly [string, unknown]>): object {
  const pairs = Array.from(entries, ([key, value]) => [String(plain(key)), plain(value)] as const);
  return Object.fromEntries<unknown>(pairs);
}

function withoutTime(values: unknown): string {
  return JSON.stringify({ ...(values as object), time: undefined });
}

function hashOf(text: string): string {
  return toHex(sha256(new TextEncoder().encode(text)));
}
