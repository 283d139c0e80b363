import { Agent, request, type IncomingMessage } from 'node:http';
import { REGO_ANSWER_BYTES_MAX, readRegoReply, regoFailure } from '@countersign/policy';
import type { RegoCode, RegoDocument, RegoFailure } from '@countersign/policy';
import type { RegoPolicy, RegoReply } from './rego-policy.ts';

const headerBytesMax = 8192;
const bundlesMax = 16;

/** An OPA server on this machine, asked through its data API. */
export class ServerPolicy implements RegoPolicy {
  readonly path: string;
  readonly #url: URL;
  readonly #timeoutMs: number;

  /** `url` is one that {@link loopbackUrl} returned. */
  constructor(url: URL, timeoutMs: number) {
    this.#url = new URL(url);
    // Bundles say their revisions, and a built-in function that fails is an error instead of nothing.
    this.#url.search = '?provenance=true&strict-builtin-errors=true';
    this.#timeoutMs = timeoutMs;
    this.path = url.pathname.slice('/v1/data/'.length);
  }

  async ask({ text }: RegoDocument): Promise<RegoReply> {
    const reply = await this.#post(`{"input":${text}}`);
    if (typeof reply !== 'string') return { outcome: reply, decisionId: undefined, bundles: {} };
    return { outcome: readRegoReply(reply), ...whoAnswered(reply) };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Returns the body of the reply. */
  #post(body: string): Promise<string | RegoFailure> {
    return new Promise((resolve) => {
      const end = (reply: string | RegoFailure): void => {
        clearTimeout(timer);
        resolve(reply);
        asked.destroy();
      };
      const fail = (code: RegoCode, message: string): void => {
        end(regoFailure(code, message));
      };
      const asked = request(this.#url, {
        method: 'POST',
        // An agent of its own: no connection is kept, and no proxy of the environment is used.
        agent: new Agent({ keepAlive: false }),
        maxHeaderSize: headerBytesMax,
        headers: { 'content-type': 'application/json', accept: 'application/json', connection: 'close' },
      });
      const timer = setTimeout(() => {
        fail('rego/timeout', `${this.#url.host} gave no answer within ${this.#timeoutMs / 1000} s`);
      }, this.#timeoutMs);
      asked.on('error', (error) => {
        fail('rego/unreachable', `${this.#url.host} cannot be asked: ${error.message}`);
      });
      asked.on('response', (response) => {
        collect(response, end, fail);
      });
      asked.end(body);
    });
  }
}

function collect(
  response: IncomingMessage,
  end: (text: string) => void,
  fail: (code: RegoCode, message: string) => void,
): void {
  const { statusCode = 0, headers } = response;
  if (statusCode !== 200) {
    fail('rego/status', `the server answered with status ${statusCode}, expected 200`);
    return;
  }
  if (!/^application\/json\b/.test(headers['content-type'] ?? '')) {
    fail('rego/status', 'the server answered with something else than JSON');
    return;
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  response.on('data', (chunk: Uint8Array) => {
    size += chunk.length;
    chunks.push(chunk);
    if (size > REGO_ANSWER_BYTES_MAX) {
      fail('rego/answer-too-large', `the answer is over ${REGO_ANSWER_BYTES_MAX} bytes`);
    }
  });
  response.on('error', (error) => {
    fail('rego/unreachable', `the answer broke off: ${error.message}`);
  });
  response.on('end', () => {
    try {
      end(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
    } catch {
      fail('rego/answer-syntax', 'the answer is no UTF-8');
    }
  });
}

/** What the reply says about the decision and the bundles; said by the server alone, so that nothing is decided by it. */
function whoAnswered(reply: string): Pick<RegoReply, 'decisionId' | 'bundles'> {
  const { decision_id: id, provenance } = parsed(reply);
  const { bundles } = recordOf(provenance);
  const named = Object.entries(recordOf(bundles)).slice(0, bundlesMax);
  return {
    decisionId: typeof id === 'string' && /^[\w-]{1,64}$/.test(id) ? id : undefined,
    bundles: Object.fromEntries(
      named.map(([name, bundle]) => {
        const { revision } = recordOf(bundle);
        return [name.slice(0, 128), typeof revision === 'string' ? { revision: revision.slice(0, 128) } : {}];
      }),
    ),
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return {};
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** Returns the address of a data document of a server on this machine, or undefined: nothing else is ever asked. */
export function loopbackUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url?.href !== text || url.protocol !== 'http:') return undefined;
  const isLoopback = /^127(?:\.\d{1,3}){3}$/.test(url.hostname) || url.hostname === '[::1]';
  const isBare = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  return isLoopback && isBare && /^\/v1\/data\/[^/]/.test(url.pathname) ? url : undefined;
}
