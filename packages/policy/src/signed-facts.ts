import { decodeFacts, SqlError, type Facts } from '@countersign/sql';

/** Returns the facts that a request carries about its texts; undefined when they are none that can be read. */
export function signedFacts(bytes: Uint8Array, texts: readonly string[]): Facts | undefined {
  try {
    return decodeFacts(bytes, texts);
  } catch (error) {
    if (error instanceof SqlError) return undefined;
    throw error;
  }
}
