import type { ConfigurationNode } from './strict-yaml.ts';

/** How this home serves others, `serve:` of `countersign.yaml`. docs/serving.md#settings */
export interface ServeSetting {
  /** Calls that one identity may make, a second on average. */
  readonly rate: number;
  /** Submissions in hand at once; more are refused. */
  readonly queue: number;
  /** Of them by one identity. */
  readonly queueEach: number;
  /** Waits and streams of one identity that are open at once; twice as many calls in all. */
  readonly waits: number;
  readonly tokens: readonly TokenSetting[];
}

/** Whose tokens are taken for an identity of the roster. */
export interface TokenSetting {
  /** Exactly the claim `iss`; undefined for tokens that have none, as SPIFFE's. */
  readonly issuer: string | undefined;
  readonly audience: string;
  /** `file:PATH` of the issuer's keys, a JSON Web Key Set. */
  readonly jwks: string;
  readonly algorithms: readonly string[];
  /** The longest time from `iat` to `exp`, in seconds. */
  readonly lifetimeSeconds: number;
  readonly subjects: readonly TokenSubject[];
}

/** Which subjects are which person of the roster; the first that matches. */
export interface TokenSubject {
  /** The claim `sub`; `*` stands for one or more characters other than `/` and `:`. */
  readonly pattern: string;
  /** Id of the person, whose key lies in this home as `identities/ID.cskey`. */
  readonly identity: string;
}

export const defaultServeSetting: ServeSetting = {
  rate: 100,
  queue: 256,
  queueEach: 64,
  waits: 128,
  tokens: [],
};

/** Public keys only: with a shared secret, whoever can verify can also sign. */
const algorithms = [
  'EdDSA',
  'Ed25519',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
];
const lifetimeSecondsMax = 86_400;
const itemsMax = 64;

/** @throws `configuration/…` with file, line and column */
export function parseServe(node: ConfigurationNode): ServeSetting {
  const entries = node.record(['rate', 'queue', 'queue_each', 'waits', 'tokens'], []);
  return {
    rate: entries.get('rate')?.integer(1, 100_000) ?? defaultServeSetting.rate,
    queue: entries.get('queue')?.integer(1, 10_000) ?? defaultServeSetting.queue,
    queueEach: entries.get('queue_each')?.integer(1, 10_000) ?? defaultServeSetting.queueEach,
    waits: entries.get('waits')?.integer(1, 256) ?? defaultServeSetting.waits,
    tokens: entries.get('tokens')?.boundedItems(itemsMax).map(parseToken) ?? [],
  };
}

function parseToken(node: ConfigurationNode): TokenSetting {
  const keys = ['issuer', 'audience', 'jwks', 'algorithms', 'lifetime', 'subjects'];
  const entries = node.record(keys, ['audience', 'jwks', 'algorithms', 'subjects']);
  const text = (key: string, shape: RegExp, expected: string): string =>
    entries.get(key)?.text(shape, expected) ?? '';
  return {
    issuer: entries.has('issuer')
      ? text('issuer', /^[!-~]{1,255}$/, 'the issuer as its tokens name it')
      : undefined,
    audience: text('audience', /^[!-~]{1,255}$/, 'the audience that tokens for this server name'),
    jwks: text('jwks', /^file:.+$/, 'file:PATH'),
    algorithms: entries.get('algorithms')?.boundedItems(itemsMax).map(parseAlgorithm) ?? [],
    lifetimeSeconds: entries.get('lifetime')?.integer(1, lifetimeSecondsMax) ?? 3_600,
    subjects: entries.get('subjects')?.boundedItems(itemsMax).map(parseSubject) ?? [],
  };
}

function parseAlgorithm(node: ConfigurationNode): string {
  const known = algorithms.find((name) => node.is(name));
  if (known !== undefined) return known;
  throw node.error(
    'configuration/value',
    `${node.path} is no algorithm with public keys`,
    `expected one of ${algorithms.join(', ')}`,
  );
}

function parseSubject(node: ConfigurationNode): TokenSubject {
  const entries = node.record(['pattern', 'identity'], ['pattern', 'identity']);
  const pattern =
    entries.get('pattern')?.text(/^[!-~]{1,255}$/, 'a subject, in which * stands for one part') ?? '';
  // Whatever follows no fixed beginning would let in anybody whom the issuer knows.
  if (pattern.startsWith('*')) throw node.error('configuration/value', `${node.path}.pattern begins with *`);
  const identity =
    entries.get('identity')?.text(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'the name of an identity') ?? '';
  return { pattern, identity };
}
