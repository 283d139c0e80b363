// What runs inside the browser: the codec as the approver page bundles it, over the vectors handed in.
import { CodecError, decode, encode, fromHex, nobleVerifier, toHex } from '@countersign/codec';
import { subtleVerifier } from '../../packages/codec/test/subtle-verifier.ts';
import { verdictOf, verdictOfAsync } from '../../packages/codec/test/signature-verdict.ts';
import type { SignatureVector } from '../../packages/codec/test/vectors.ts';

/** What the page answers for one CBOR input: the bytes written again, or the code and offset. */
export interface CborAnswer {
  readonly hex?: string;
  readonly code?: string;
  readonly offset?: number;
}

/** What the page answers for one signature. */
export interface SignatureAnswer {
  readonly noble: string;
  readonly subtle: string;
}

/** The functions that the test calls by name. */
export interface CodecPage {
  readonly readAll: (inputs: readonly string[]) => readonly CborAnswer[];
  readonly verifyAll: (vectors: readonly SignatureVector[]) => Promise<readonly SignatureAnswer[]>;
}

function readOne(hex: string): CborAnswer {
  try {
    return { hex: toHex(encode(decode(fromHex(hex)))) };
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return error.offset === undefined ? { code: error.code } : { code: error.code, offset: error.offset };
  }
}

async function verifyOne(vector: SignatureVector): Promise<SignatureAnswer> {
  const subtle = await verdictOfAsync(subtleVerifier(globalThis.crypto.subtle), vector);
  return { noble: verdictOf(nobleVerifier, vector), subtle };
}

const page: CodecPage = {
  readAll: (inputs) => inputs.map(readOne),
  verifyAll: (vectors) => Promise.all(vectors.map(verifyOne)),
};
Object.assign(globalThis, { codecPage: page });
