import { describe, expect, test } from 'vitest';
import { ExecutorError } from '../src/executor-error.ts';
import { defaultLimits, parseConfiguration } from '../src/home/configuration.ts';
import { defaultServeSetting } from '../src/home/serve-setting.ts';

const path = 'countersign.yaml';
const good = `version: 1
domain: 000102030405060708090a0b0c0d0e0f
origin: countersign/00010203
executor:
  key: file:keys/executor.cskey
policy: policy
targets:
  shop:
    url: sqlite:shop.db
    tags: [pci, zone:eu]
`;

function refusal(text: string): { code: string; message: string } {
  try {
    parseConfiguration(text, path);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown)
      return { code: String(thrown.code), message: thrown.message };
    throw thrown;
  }
  throw new Error('the configuration was accepted');
}

describe('countersign.yaml', () => {
  test('is read, with defaults for what it leaves out', () => {
    expect(parseConfiguration(good, path)).toEqual({
      domain: '000102030405060708090a0b0c0d0e0f',
      origin: 'countersign/00010203',
      executorKey: 'file:keys/executor.cskey',
      executorPassphrase: undefined,
      identity: undefined,
      targets: new Map([['shop', { name: 'shop', url: 'sqlite:shop.db', tags: ['pci', 'zone:eu'] }]]),
      policy: 'policy',
      limits: defaultLimits,
      serve: defaultServeSetting,
      notify: new Map(),
      traces: undefined,
    });
  });

  test.each([
    'https://collector.example/v1/traces',
    'http://127.0.0.1:4318/v1/traces',
    'http://[::1]/v1/traces',
  ])('sends traces to %s', (url) => {
    expect(parseConfiguration(`${good}traces: ${url}\n`, path).traces).toBe(url);
  });

  test('bounds what one identity has open and in hand', () => {
    const serve = 'serve:\n  rate: 5\n  queue: 9\n  queue_each: 3\n  waits: 256\n';
    expect(parseConfiguration(good + serve, path).serve).toEqual({
      rate: 5,
      queue: 9,
      queueEach: 3,
      waits: 256,
      tokens: [],
    });
    // With more, one identity could have all the calls that may be open.
    expect(refusal(good + serve.replace('256', '257')).code).toBe('configuration/value');
  });

  test('sets limits, durations in any unit', () => {
    const limits =
      'limits:\n  review: 90m\n  run: 7d\n  statement: 5s\n  locked: 3s\n  outside_transactions: 2h\n  rows_imaged: 10\n  read_rows: 2\n  read_bytes: 3\n';
    expect(parseConfiguration(good + limits, path).limits).toEqual({
      reviewSeconds: 5400,
      runSeconds: 604_800,
      statementMs: 5000,
      lockedMs: 3000,
      aloneMs: 7_200_000,
      rowsImagedMax: 10,
      readRowsMax: 2,
      readBytesMax: 3,
    });
  });

  const server = good.replace(
    'url: sqlite:shop.db',
    'url: postgres://owner@db.example/shop\n    read_url: postgres://reader@db.example/shop\n    password: env:SHOP_PASSWORD\n    read_password: file:reader.password\n    tls: verify-full\n    lock_wait_ms: 0\n    ca: file:ca.pem',
  );

  test('reads a server with its accounts, and where their passwords stand', () => {
    expect(parseConfiguration(server, path).targets.get('shop')).toEqual({
      name: 'shop',
      url: 'postgres://owner@db.example/shop',
      readUrl: 'postgres://reader@db.example/shop',
      secrets: { main: 'env:SHOP_PASSWORD', read: 'file:reader.password' },
      tls: 'verify-full',
      lockWaitMs: 0,
      ca: 'file:ca.pem',
      tags: ['pci', 'zone:eu'],
    });
  });

  test('names the program on which MariaDB tries definitions, by its whole path', () => {
    const shop = (url: string, shadow: string): string =>
      good.replace('url: sqlite:shop.db', `url: ${url}\n    shadow: ${shadow}`);
    const url = 'mariadb://owner@db.example/shop';
    const setting = parseConfiguration(shop(url, '/usr/sbin/mariadbd'), path).targets.get('shop');
    expect(setting).toMatchObject({ url, shadow: '/usr/sbin/mariadbd' });
    for (const bad of [
      shop(url, 'mariadbd'),
      shop('postgres://o@db/shop', '/bin/x'),
      shop('sqlite:a', '/bin/x'),
    ]) {
      expect(refusal(bad).code).toBe('configuration/value');
    }
  });

  test('a password in a URL is refused and not repeated', () => {
    const refused = refusal(server.replace('reader@', 'reader:hunter2@'));
    expect(refused.code).toBe('configuration/value');
    expect(refused.message).toContain('holds a password');
    expect(refused.message).not.toContain('hunter2');
  });

  test('names the Rego policy of a target in one of two ways', () => {
    const withRego = (rego: string): unknown =>
      parseConfiguration(good.replace('    tags:', `    rego: ${rego}\n    tags:`), path).targets.get('shop')
        ?.rego;
    expect(withRego('{ bundle: rego/b.tar.gz, entrypoint: countersign/verdict }')).toEqual({
      mode: 'wasm',
      bundle: 'rego/b.tar.gz',
      entrypoint: 'countersign/verdict',
      timeoutMs: 2000,
    });
    for (const url of ['http://127.0.0.1:8181/v1/data/a/verdict', 'http://[::1]:8080/v1/data/a']) {
      expect(withRego(`{ url: "${url}", timeout: 10s }`)).toEqual({ mode: 'server', url, timeoutMs: 10_000 });
    }
  });

  test.each([
    ['{ url: "http://opa.example:8181/v1/data/a" }', 'another machine'],
    ['{ url: "http://localhost:8181/v1/data/a" }', 'a name that a file of the machine resolves'],
    ['{ url: "http://127.1:8181/v1/data/a" }', 'a short form'],
    ['{ url: "http://2130706433:8181/v1/data/a" }', 'a number'],
    ['{ url: "http://127.0.0.1.example:8181/v1/data/a" }', 'a name that begins like an address'],
    ['{ url: "https://127.0.0.1:8181/v1/data/a" }', 'another scheme'],
    ['{ url: "http://a:b@127.0.0.1:8181/v1/data/a" }', 'a user'],
    ['{ url: "http://127.0.0.1:8181/v1/data/a?pretty" }', 'a query'],
    ['{ url: "http://127.0.0.1:8181/v1/data/a#b" }', 'a fragment'],
    ['{ url: "http://127.0.0.1:8181/v1/policies" }', 'another API'],
    ['{ url: "http://127.0.0.1:8181/v1/data/" }', 'no path'],
    ['{ url: "http://127.0.0.1:8181/v1/data/../policies" }', 'a path that climbs'],
    ['{ url: 8181 }', 'no text'],
    ['{}', 'neither way'],
    ['{ bundle: b.tar.gz }', 'no entry point'],
    ['{ entrypoint: a }', 'no bundle'],
    ['{ bundle: b, entrypoint: a, url: "http://127.0.0.1:8181/v1/data/a" }', 'both ways'],
    ['{ bundle: b, entrypoint: "a b" }', 'an entry point that is none'],
    ['{ bundle: b, entrypoint: a, timeout: 0s }', 'no time'],
    ['{ bundle: b, entrypoint: a, timeout: 61s }', 'too much time'],
    ['{ bundle: b, entrypoint: a, timeout: soon }', 'a time that is none'],
    ['[]', 'a list'],
  ])('refuses rego: %s (%s)', (rego) => {
    const refused = refusal(good.replace('    tags:', `    rego: ${rego}\n    tags:`));
    expect(refused.code).toBe('configuration/value');
    expect(refused.message).toMatch(/^countersign\.yaml:10:\d+: /);
  });

  const cases: readonly (readonly [what: string, text: string, code: string, place: string])[] = [
    ['an unknown key', `${good}colour: blue\n`, 'configuration/unknown-key', '11:9'],
    ['an unknown key below', good.replace('tags:', 'tag:'), 'configuration/unknown-key', '10:10'],
    [
      'an unknown key of rego',
      good.replace('    tags:', '    rego: { bundel: b }\n    tags:'),
      'configuration/unknown-key',
      '10:21',
    ],
    ['a missing key', good.replace('policy: policy\n', ''), 'configuration/missing-key', '1:1'],
    [
      'a missing key below',
      good.replace('url: sqlite:shop.db', 'tags: []').replace('    tags: [pci, zone:eu]\n', ''),
      'configuration/missing-key',
      '9:5',
    ],
    ['a key twice', `${good}policy: other\n`, 'configuration/syntax', '11:1'],
    ['an alias', `${good}identity: &a olivia\nlimits: *a\n`, 'configuration/syntax', '12:9'],
    ['a tag of its own', good.replace('origin: ', 'origin: !!js/function '), 'configuration/syntax', '3:9'],
    ['a second document', `${good}---\nversion: 1\n`, 'configuration/syntax', ''],
    ['no document', '', 'configuration/syntax', ''],
    ['broken YAML', 'version: [1', 'configuration/syntax', '1:12'],
    ['a list for a mapping', '- version\n', 'configuration/value', '1:1'],
    ['another version', good.replace('version: 1', 'version: 2'), 'configuration/value', '1:10'],
    ['a version that is text', good.replace('version: 1', 'version: "1"'), 'configuration/value', '1:10'],
    [
      'a short domain',
      good.replace('000102030405060708090a0b0c0d0e0f', 'abcd'),
      'configuration/value',
      '2:9',
    ],
    ['another kind of target', good.replace('sqlite:shop.db', 'oracle:shop'), 'configuration/value', '9:10'],
    ['a target name with a slash', good.replace('  shop:', '  a/b:'), 'configuration/value', '9:5'],
    ['a tag that is no tag', good.replace('pci', '"a b"'), 'configuration/value', '10:12'],
    ['tags that are no list', good.replace('[pci, zone:eu]', 'pci'), 'configuration/value', '10:11'],
    [
      'a key in the clear',
      good.replace('file:keys/executor.cskey', 'keys/executor.cskey'),
      'configuration/value',
      '5:8',
    ],
    [
      'a passphrase in the clear',
      good.replace('policy: policy', '  passphrase: secret\npolicy: policy'),
      'configuration/value',
      '6:15',
    ],
    [
      'a password in the clear',
      server.replace('env:SHOP_PASSWORD', 'hunter2'),
      'configuration/value',
      '11:15',
    ],
    [
      'a TLS mode that proves nothing',
      server.replace('verify-full', 'require'),
      'configuration/value',
      '13:10',
    ],
    [
      'traces in the clear',
      `${good}traces: http://collector.example/v1/traces\n`,
      'configuration/value',
      '11:9',
    ],
    ['traces to a file', `${good}traces: file:spans\n`, 'configuration/value', '11:9'],
    [
      'a file as read account',
      server.replace('postgres://reader@db.example/shop', 'sqlite:a.db'),
      'configuration/value',
      '10:15',
    ],
    [
      'an account for a file',
      good.replace('    tags', '    read_url: postgres://a@b/c\n    tags'),
      'configuration/value',
      '10:15',
    ],
    ['a limit of none', `${good}limits:\n  read_rows: 0\n`, 'configuration/value', '12:14'],
    ['a key that is no text', `${good}1: one\n`, 'configuration/value', '1:1'],
  ];
  test.each(cases)('refuses %s', (_what, text, code, place) => {
    const refused = refusal(text);
    expect(refused.code).toBe(code);
    if (place !== '') expect(refused.message).toMatch(new RegExp(`^${path}:${place}: `));
  });

  test('refuses every line left out but the optional ones', () => {
    const lines = good.trimEnd().split('\n');
    for (const [index, line] of lines.entries()) {
      if (/tags/.test(line)) continue;
      const without = [...lines.slice(0, index), ...lines.slice(index + 1)].join('\n');
      expect(() => parseConfiguration(without, path), line).toThrow(ExecutorError);
    }
  });
});
