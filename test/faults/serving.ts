import { runToExitCode, type Surroundings } from '@countersign/program';
import { toBase64, utf8, type Signer } from '@countersign/codec';
import { createHash, randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { executorMain } from '../../apps/executor/src/command-line.ts';
import { ask, type Asked, type HttpAnswer } from '../../apps/executor/test/http-client.ts';
import type { Lab } from './lab.ts';
import { Approver } from './signer.ts';

/** A server of a laboratory, in this process. */
export interface Serving {
  readonly url: string;
  /** The lines of its log so far. */
  readonly log: () => readonly Readonly<Record<string, unknown>>[];
  /** Stops it as an interrupt does, and returns its exit code. */
  readonly stop: () => Promise<number>;
}

/** Serves the home of a laboratory on a free port. */
export async function serveLab(lab: Lab, ...more: readonly string[]): Promise<Serving> {
  const argv = ['serve', '--listen', '127.0.0.1:0', '--home', lab.home, ...more];
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const surroundings: Surroundings = {
    argv,
    environment: { HOME: lab.root, NO_COLOR: '1' },
    workingDirectory: lab.root,
    stdin,
    stdout,
    stderr,
  };
  const lines: string[] = [];
  stderr.on('data', (chunk: Buffer) => lines.push(...chunk.toString().split('\n')));
  stdout.resume();
  const interrupt = new AbortController();
  const ended = runToExitCode(executorMain, surroundings, interrupt.signal);
  const log = (): readonly Readonly<Record<string, unknown>>[] =>
    lines.flatMap((line) =>
      line.startsWith('{') ? [JSON.parse(line) as Readonly<Record<string, unknown>>] : [],
    );
  const url = await Promise.race([listening(log), ended.then((code) => failed(code, lines))]);
  return {
    url,
    log,
    stop: () => {
      interrupt.abort();
      return ended;
    },
  };
}

async function listening(log: Serving['log']): Promise<string> {
  for (;;) {
    const line = log().find(({ event }) => event === 'listening');
    if (line !== undefined) return String(line['url']);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function failed(code: number, lines: readonly string[]): never {
  throw new Error(`serve ended with ${code}: ${lines.join('\n')}`);
}

/** Parts of a signed call that a test may want otherwise. */
export interface Signing {
  readonly components?: readonly string[];
  readonly parameters?: Readonly<Record<string, string | number>>;
  readonly uri?: string;
  readonly digestOf?: Uint8Array | string;
  readonly signer?: Signer;
}

/** The headers that sign a call, RFC 9421 and RFC 9530, written without any of the product's code for it. */
export function signedHeaders(
  signer: Signer,
  kid: string,
  call: {
    readonly method: string;
    readonly url: string;
    readonly body?: Uint8Array | string;
    readonly type?: string;
    readonly key?: string;
  },
  signing: Signing = {},
): Readonly<Record<string, string>> {
  const { method, url, body, type = 'application/json', key } = call;
  const now = Math.floor(Date.now() / 1000);
  const digest = createHash('sha256')
    .update(signing.digestOf ?? body ?? '')
    .digest('base64');
  const headers: Record<string, string> = {
    ...(body === undefined ? {} : { 'content-type': type, 'content-digest': `sha-256=:${digest}:` }),
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  };
  const components = signing.components ?? ['@method', '@target-uri', ...Object.keys(headers)];
  const given = {
    created: now,
    expires: now + 60,
    nonce: randomBytes(16).toString('base64url'),
    keyid: kid,
    alg: 'ed25519',
    tag: 'countersign',
    ...signing.parameters,
  };
  const list = components.map((name) => `"${name}"`).join(' ');
  const parameters = `(${list})${Object.entries(given)
    .map(([name, value]) => `;${name}=${typeof value === 'number' ? value : `"${value}"`}`)
    .join('')}`;
  const valueOf = (name: string): string =>
    name === '@method' ? method : name === '@target-uri' ? (signing.uri ?? url) : (headers[name] ?? '');
  const base = [
    ...components.map((name) => `"${name}": ${valueOf(name)}`),
    `"@signature-params": ${parameters}`,
  ].join('\n');
  return {
    ...headers,
    'signature-input': `sig=${parameters}`,
    signature: `sig=:${toBase64((signing.signer ?? signer).sign(utf8(base)))}:`,
  };
}

/** Somebody with a key, who calls a server. */
export class Client {
  readonly signer: Signer;
  readonly kid: string;
  readonly #url: string;

  constructor(url: string, approver: Approver) {
    this.#url = url;
    this.signer = approver.signer;
    this.kid = approver.kidText;
  }

  /** The owner of the published key of this name. */
  static of(url: string, name: string): Client {
    return new Client(url, Approver.published(name));
  }

  get(path: string): Promise<HttpAnswer> {
    return this.call('GET', path);
  }

  post(path: string, body?: object, key?: string): Promise<HttpAnswer> {
    return this.call(
      'POST',
      path,
      body === undefined ? {} : { body: JSON.stringify(body), ...(key === undefined ? {} : { key }) },
    );
  }

  call(
    method: string,
    path: string,
    {
      body,
      type,
      key,
    }: { readonly body?: Uint8Array | string; readonly type?: string; readonly key?: string } = {},
    signing: Signing = {},
  ): Promise<HttpAnswer> {
    const url = `${this.#url}${path}`;
    const parts = {
      method,
      url,
      ...(body === undefined ? {} : { body }),
      ...(type === undefined ? {} : { type }),
      ...(key === undefined ? {} : { key }),
    };
    const asked: Asked = {
      method,
      headers: signedHeaders(this.signer, this.kid, parts, signing),
      ...(body === undefined ? {} : { body }),
    };
    return ask(this.#url, path, asked);
  }

  /** Has a submission drafted, signs it, and returns the signed bytes. */
  async drafted(draft: object, key?: string): Promise<Uint8Array> {
    const answer = await this.post('/v1/drafts', draft, key);
    if (answer.status !== 200) throw new Error(`drafts answered ${answer.status}: ${answer.text}`);
    const decode = (name: string): Buffer => Buffer.from(String(answer.json[name]), 'base64');
    return new Uint8Array(
      Buffer.concat([decode('envelope_head'), this.signer.sign(new Uint8Array(decode('to_sign')))]),
    );
  }

  /** Sends signed bytes; no signature of the call is needed. */
  send(bytes: Uint8Array, query = ''): Promise<HttpAnswer> {
    const headers = { 'content-type': 'application/vnd.countersign.submission' };
    return ask(this.#url, `/v1/requests${query}`, { method: 'POST', headers, body: bytes });
  }

  /** Sends signed bytes by a call that is signed as well. */
  sendAs(bytes: Uint8Array, query = ''): Promise<HttpAnswer> {
    const type = 'application/vnd.countersign.submission';
    return this.call('POST', `/v1/requests${query}`, { body: bytes, type });
  }

  async submit(sql: string, more: object = {}): Promise<HttpAnswer> {
    return this.send(await this.drafted({ target: 'demo', sql, reason: 'a test', ...more }));
  }
}
