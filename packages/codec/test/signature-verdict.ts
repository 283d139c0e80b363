import {
  admitKey,
  CodecError,
  fromHex,
  verifySignature,
  verifySignatureAsync,
  type AsyncSignatureVerifier,
  type SignatureVerifier,
} from '../src/index.ts';
import type { SignatureVector } from './vectors.ts';

/** Returns the code a vector is refused with, or 'accepted'. */
export function verdictOf(verifier: SignatureVerifier, vector: SignatureVector): string {
  try {
    verifySignature(
      verifier,
      admitKey(fromHex(vector.key)),
      fromHex(vector.message),
      fromHex(vector.signature),
    );
    return 'accepted';
  } catch (error) {
    return codeIn(error);
  }
}

/** Like `verdictOf`, for a backend that answers later. */
export async function verdictOfAsync(
  verifier: AsyncSignatureVerifier,
  vector: SignatureVector,
): Promise<string> {
  try {
    const key = admitKey(fromHex(vector.key));
    await verifySignatureAsync(verifier, key, fromHex(vector.message), fromHex(vector.signature));
    return 'accepted';
  } catch (error) {
    return codeIn(error);
  }
}

function codeIn(error: unknown): string {
  if (error instanceof CodecError) return error.code;
  throw error;
}
