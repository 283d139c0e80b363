import { createHash, createPrivateKey, randomUUID, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** What `countersign serve` answered. */
export interface ServerAnswer {
  readonly isRefused: boolean;
  readonly document: Readonly<Record<string, unknown>>;
}

const timeoutMs = 60_000;

/** Calls of `countersign serve`, each signed with an Ed25519 key of the roster as docs/serving.md says (RFC 9421). */
export class SignedCalls {
  readonly #url: string;
  readonly #keyId: string;
  readonly #key: KeyObject;

  /** `keyFile` holds the key as PEM, `keyId` is what `countersign key fingerprint` says of it. */
  constructor(url: string, keyFile: string, keyId: string) {
    this.#url = url.replace(/\/$/, '');
    this.#keyId = keyId;
    this.#key = createPrivateKey(readFileSync(keyFile));
  }

  get(path: string): Promise<ServerAnswer> {
    return this.#send('GET', path);
  }

  post(path: string, body?: object): Promise<ServerAnswer> {
    return this.#send(
      'POST',
      path,
      body === undefined ? undefined : JSON.stringify(body),
      'application/json',
    );
  }

  /** Has the bytes of a submission made, signs them, and submits them. */
  async submit(draft: object): Promise<ServerAnswer> {
    const drafted = await this.post('/v1/drafts', draft);
    if (drafted.isRefused) return drafted;
    const bytesOf = (name: string): Buffer => Buffer.from(String(drafted.document[name]), 'base64');
    const body = Buffer.concat([bytesOf('envelope_head'), sign(null, bytesOf('to_sign'), this.#key)]);
    // The call is signed too: were its answer lost, the same bytes in another signed call would be told all of it.
    return this.#send('POST', '/v1/requests', body, 'application/vnd.countersign.submission');
  }

  #send(method: string, path: string, body?: string | Buffer, type = ''): Promise<ServerAnswer> {
    const headers: Record<string, string> =
      body === undefined
        ? {}
        : {
            'content-type': type,
            'content-digest': `sha-256=:${createHash('sha256').update(body).digest('base64')}:`,
          };
    const covered = { '@method': method, '@target-uri': this.#url + path, ...headers };
    const names = Object.keys(covered).map((name) => `"${name}"`);
    const created = Math.floor(Date.now() / 1000);
    const parameters =
      `(${names.join(' ')});created=${created};expires=${created + 60}` +
      `;nonce="${randomUUID()}";keyid="${this.#keyId}";tag="countersign"`;
    const lines = Object.entries(covered).map(([name, value]) => `"${name}": ${value}`);
    const base = [...lines, `"@signature-params": ${parameters}`].join('\n');
    headers['signature-input'] = `sig=${parameters}`;
    headers['signature'] = `sig=:${sign(null, Buffer.from(base), this.#key).toString('base64')}:`;
    return this.#exchange(path, { method, headers, ...(body === undefined ? {} : { body }) });
  }

  async #exchange(path: string, init: RequestInit): Promise<ServerAnswer> {
    const response = await fetch(this.#url + path, { ...init, signal: AbortSignal.timeout(timeoutMs) });
    return { isRefused: !response.ok, document: (await response.json()) as ServerAnswer['document'] };
  }
}
