import { CodecError, nobleVerifier, type PublicKey, type SignatureVerifier } from '@countersign/codec';
import { PageError } from './page-error.ts';

interface Checked {
  readonly publicKey: PublicKey;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** A verifier in JavaScript whose every answer WebCrypto has to repeat before anything is shown. */
export class DoubleVerifier implements SignatureVerifier {
  readonly #accepted: Checked[] = [];

  verify(publicKey: PublicKey, message: Uint8Array, signature: Uint8Array): void {
    nobleVerifier.verify(publicKey, message, signature);
    // Copies: the answers are compared later.
    this.#accepted.push({
      publicKey,
      message: Uint8Array.from(message),
      signature: Uint8Array.from(signature),
    });
  }

  /** Resolves when WebCrypto accepts all that was accepted. @throws PageError `page/verifiers-differ`, `page/no-ed25519` */
  async confirm(): Promise<void> {
    await Promise.all(this.#accepted.map((one) => verifyByBrowser(one)));
  }
}

/** Resolves when this browser can verify Ed25519. @throws PageError `page/no-ed25519` */
export async function requireEd25519(): Promise<void> {
  try {
    await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  } catch (cause) {
    throw new PageError('page/no-ed25519', 'WebCrypto of this browser has no Ed25519', { cause });
  }
}

async function verifyByBrowser({ publicKey, message, signature }: Checked): Promise<void> {
  const key = await crypto.subtle.importKey('raw', Uint8Array.from(publicKey), 'Ed25519', false, ['verify']);
  if (await crypto.subtle.verify('Ed25519', key, Uint8Array.from(signature), Uint8Array.from(message)))
    return;
  const cause = new CodecError('signature/invalid', 'signature that WebCrypto refuses');
  throw new PageError('page/verifiers-differ', 'the two verifiers of this machine disagree', { cause });
}
