import { createHmac, generateKeyPairSync, sign as signWith, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { Lab } from './lab.ts';

type Algorithm = 'EdDSA' | 'ES256' | 'RS256';

/** An issuer of workload tokens, written without any of the product's code for them. */
export class Issuer {
  readonly name: string;
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly #privateKey: KeyObject;
  readonly publicKey: KeyObject;

  constructor(name: string, algorithm: Algorithm = 'EdDSA', kid = 'key-1') {
    this.name = name;
    this.kid = kid;
    this.algorithm = algorithm;
    const { privateKey, publicKey } = pairOf(algorithm);
    this.#privateKey = privateKey;
    this.publicKey = publicKey;
  }

  get jwk(): object {
    return { ...this.publicKey.export({ format: 'jwk' }), kid: this.kid, use: 'sig' };
  }

  /** Returns a token that is good now, with `claims` and `header` in the place of its own; undefined leaves one out. */
  token(
    claims: Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, unknown>> = {},
  ): string {
    const now = Math.floor(Date.now() / 1000);
    const own = {
      iss: this.name,
      aud: 'countersign',
      sub: 'repo:acme/shop:ref:main',
      iat: now - 5,
      exp: now + 300,
      ...claims,
    };
    const input = `${part({ alg: this.algorithm, kid: this.kid, typ: 'JWT', ...header })}.${part(own)}`;
    return `${input}.${this.#sign(input, header['alg']).toString('base64url')}`;
  }

  #sign(input: string, alg: unknown): Buffer {
    if (alg === 'none') return Buffer.alloc(0);
    // The public key as a shared secret: what a verifier falls for that lets the token choose.
    if (alg === 'HS256')
      return createHmac('sha256', this.publicKey.export({ format: 'pem', type: 'spki' }))
        .update(input)
        .digest();
    const digest = this.algorithm === 'EdDSA' ? null : 'sha256';
    return signWith(digest, Buffer.from(input), { key: this.#privateKey, dsaEncoding: 'ieee-p1363' });
  }
}

function pairOf(algorithm: Algorithm): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  switch (algorithm) {
    case 'EdDSA':
      return generateKeyPairSync('ed25519');
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'RS256':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
  }
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Pins the keys of issuers in a home and maps their subjects; the settings of each are `more` of its entry in the file. */
export function trustIssuers(
  lab: Lab,
  issuers: readonly (readonly [issuer: Issuer, ...more: string[]])[],
): void {
  const entries = issuers.map(([issuer, ...more], index) => {
    pinKeys(lab, `issuer-${index}.json`, [issuer]);
    return [
      `    - issuer: ${issuer.name}`,
      '      audience: countersign',
      `      jwks: file:issuer-${index}.json`,
      `      algorithms: [${issuer.algorithm}]`,
      ...more.map((line) => `      ${line}`),
      ...(more.some((line) => line.startsWith('subjects'))
        ? []
        : [
            '      subjects:',
            "        - { pattern: 'repo:acme/shop:ref:*', identity: ci }",
            '        - { pattern: robot, identity: agent-7 }',
          ]),
    ].join('\n');
  });
  lab.configure((text) => `${text}\nserve:\n  tokens:\n${entries.join('\n')}\n`);
}

/** Writes a key set of the home, as an operator does when an issuer changes its keys. */
export function pinKeys(lab: Lab, name: string, issuers: readonly Issuer[]): void {
  writeFileSync(lab.path('home', name), JSON.stringify({ keys: issuers.map(({ jwk }) => jwk) }));
}
