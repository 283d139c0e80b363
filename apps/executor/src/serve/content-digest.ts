import { equalBytes, fromBase64, sha256 } from '@countersign/codec';
import { ServeRefused } from './refusal.ts';

/**
 * Returns `body` when the header is its digest, RFC 9530 with SHA-256 alone.
 * @throws ServeRefused `http-signature/digest`
 */
export function requireDigest(header: string | readonly string[] | undefined, body: Uint8Array): Uint8Array {
  const match = typeof header === 'string' ? /^sha-256=:([A-Za-z0-9+/]{43}=):$/.exec(header) : null;
  if (match === null)
    throw new ServeRefused(
      'http-signature/digest',
      'Content-Digest is missing or not of the form sha-256=:BASE64:',
    );
  if (!equalBytes(fromBase64(match[1] ?? ''), sha256(body)))
    throw new ServeRefused('http-signature/digest', 'Content-Digest is not that of the body that arrived');
  return body;
}
