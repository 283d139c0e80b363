import { sign1, type PublicKey, type RecordType } from '@countersign/codec';

const signatureBytes = 64;

/**
 * Returns what somebody else is to sign, and everything of the signed record that comes before the signature: `head || signature` is the
 * record. docs/spec/envelope.md
 */
export function envelopeHead(
  type: RecordType,
  publicKey: PublicKey,
  payload: Uint8Array,
): { readonly head: Uint8Array; readonly toSign: Uint8Array } {
  let toSign = new Uint8Array();
  const sign = (message: Uint8Array): Uint8Array => {
    toSign = Uint8Array.from(message);
    return new Uint8Array(signatureBytes);
  };
  const record = sign1({ type, payload, signer: { publicKey, sign } });
  return { head: record.slice(0, -signatureBytes), toSign };
}
