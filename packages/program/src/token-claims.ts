import { constants, createPublicKey, verify, type KeyObject, type VerifyKeyObjectInput } from 'node:crypto';

/** What a workload token says, once it verifies. Times in whole seconds since 1970. */
interface TokenClaims {
  readonly issuer: string | undefined;
  readonly subject: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

interface Algorithm {
  readonly kty: string;
  readonly crv?: string;
  readonly hash: string | null;
  readonly options?: Omit<VerifyKeyObjectInput, 'key'>;
}

const ecdsa = (crv: string, hash: string): Algorithm => ({
  kty: 'EC',
  crv,
  hash,
  options: { dsaEncoding: 'ieee-p1363' },
});
const rsa = (hash: string): Algorithm => ({
  kty: 'RSA',
  hash,
  options: { padding: constants.RSA_PKCS1_PADDING },
});
const pss = (hash: string): Algorithm => ({
  kty: 'RSA',
  hash,
  options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
});
const edwards: Algorithm = { kty: 'OKP', crv: 'Ed25519', hash: null };

/** RFC 7518 and RFC 8037, those with public keys: `none` and shared secrets prove nothing to an auditor. */
const algorithms: ReadonlyMap<unknown, Algorithm> = new Map(
  Object.entries({
    EdDSA: edwards,
    Ed25519: edwards,
    ES256: ecdsa('P-256', 'sha256'),
    ES384: ecdsa('P-384', 'sha384'),
    ES512: ecdsa('P-521', 'sha512'),
    RS256: rsa('sha256'),
    RS384: rsa('sha384'),
    RS512: rsa('sha512'),
    PS256: pss('sha256'),
    PS384: pss('sha384'),
    PS512: pss('sha512'),
  }),
);
const modulusBitsMin = 2_048;

/**
 * Returns what a workload token (a JWT in compact form) says, or undefined unless it verifies with this public key (a JSON Web
 * Key). Whose key that is, is not asked here. docs/spec/ledger.md#tokens
 */
export function nodeTokenClaims(token: string, key: string): TokenClaims | undefined {
  const [head = '', payload = '', signature = '', ...more] = token.split('.');
  const header = recordOf(partOf(head));
  const jwk = recordOf(key);
  const algorithm = algorithms.get(header?.['alg']);
  if (header === undefined || jwk === undefined || algorithm === undefined || more.length > 0)
    return undefined;
  // Whatever `crit` names would have to be understood; nothing is.
  const fits =
    header['crit'] === undefined &&
    jwk['kty'] === algorithm.kty &&
    jwk['crv'] === algorithm.crv &&
    jwk['d'] === undefined &&
    (header['kid'] === undefined || header['kid'] === jwk['kid']);
  const publicKey = fits ? publicKeyOf(jwk) : undefined;
  const signed = Buffer.from(`${head}.${payload}`);
  const bytes = bytesOf(signature);
  if (publicKey === undefined || bytes === undefined) return undefined;
  if (!verify(algorithm.hash, signed, { key: publicKey, ...algorithm.options }, bytes)) return undefined;
  return claimsOf(recordOf(partOf(payload)));
}

function claimsOf(claims: Readonly<Record<string, unknown>> | undefined): TokenClaims | undefined {
  const { iss, sub, iat, exp } = claims ?? {};
  if (typeof sub !== 'string' || typeof iat !== 'number' || typeof exp !== 'number') return undefined;
  if (iss !== undefined && typeof iss !== 'string') return undefined;
  return { issuer: iss, subject: sub, issuedAt: iat, expiresAt: exp };
}

function publicKeyOf(jwk: Readonly<Record<string, unknown>>): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const bits = key.asymmetricKeyDetails?.modulusLength ?? modulusBitsMin;
    return bits >= modulusBitsMin ? key : undefined;
  } catch {
    return undefined;
  }
}

function partOf(part: string): string {
  return bytesOf(part)?.toString('utf8') ?? '';
}

function bytesOf(part: string): Buffer | undefined {
  return /^[A-Za-z0-9_-]+$/.test(part) ? Buffer.from(part, 'base64url') : undefined;
}

function recordOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
