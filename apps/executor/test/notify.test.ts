import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Hook } from '../../../test/servers/hook.ts';
import { parseConfiguration } from '../src/home/configuration.ts';
import { endpointOf, isPublic } from '../src/notify/address.ts';
import { sendMail } from '../src/notify/mail.ts';
import { post } from '../src/notify/post.ts';
import { plainWords } from '../src/notify/notice.ts';
import { formatWebhookKey, formatWebhookPublicKey, webhookSigner } from '../src/notify/webhook-key.ts';

const patient = AbortSignal.timeout(60_000);

describe('an address', () => {
  const inside = [
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1'],
    ...[
      '172.31.255.255',
      '192.168.1.1',
      '198.18.0.1',
      '192.0.2.1',
      '224.0.0.1',
      '240.0.0.1',
      '255.255.255.255',
    ],
    ...['::', '::1', '::ffff:8.8.8.8', '::ffff:127.0.0.1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd12::1'],
    ...['64:ff9b::7f00:1', '2002:7f00:1::', '2001:0:7f00:1::', '2001:db8::1', 'ff02::1', 'localhost', ''],
  ];

  test.each(inside)('%s is not public', (address) => {
    expect(isPublic(address)).toBe(false);
  });

  test.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '2a00:1450::1'])(
    '%s is public',
    (address) => {
      expect(isPublic(address)).toBe(true);
    },
  );

  test('of a name is looked at once, and all of them must be allowed', async () => {
    const answers = [['8.8.8.8'], ['127.0.0.1']];
    const rebinding = (): Promise<readonly string[]> => Promise.resolve(answers.shift() ?? []);
    expect(await endpointOf('hooks.test', [], patient, rebinding)).toEqual({
      address: '8.8.8.8',
      loopback: false,
    });
    expect(answers).toHaveLength(1);
    const mixed = (): Promise<readonly string[]> => Promise.resolve(['8.8.8.8', '10.0.0.1']);
    await expect(endpointOf('hooks.test', [], patient, mixed)).rejects.toMatchObject({
      code: 'notify/address',
    });
    expect(await endpointOf('hooks.test', ['10.0.0.0/8'], patient, mixed)).toMatchObject({
      address: '8.8.8.8',
    });
    const nothing = (): Promise<readonly string[]> => Promise.resolve([]);
    await expect(endpointOf('hooks.test', [], patient, nothing)).rejects.toMatchObject({
      code: 'notify/unreachable',
    });
    const broken = (): Promise<readonly string[]> => Promise.reject(new Error('ENOTFOUND'));
    await expect(endpointOf('hooks.test', [], patient, broken)).rejects.toMatchObject({
      code: 'notify/unreachable',
    });
    const silent = (): Promise<readonly string[]> => new Promise(() => undefined);
    const bound = AbortSignal.timeout(10);
    await expect(endpointOf('hooks.test', [], bound, silent)).rejects.toMatchObject({
      code: 'notify/unreachable',
      message: '"hooks.test" has no address yet (timeout)',
    });
  });
});

describe('a post', () => {
  const parts = { headers: {}, body: '{}', networks: ['127.0.0.0/8'], ca: undefined, signal: patient };

  test('that is answered with anything but 2xx is not taken', async () => {
    const hook = await Hook.start();
    try {
      await post({ ...parts, url: hook.url() });
      hook.answer = { status: 503, headers: { 'retry-after': '7' } };
      await expect(post({ ...parts, url: hook.url() })).rejects.toMatchObject({
        code: 'notify/answer',
        status: 503,
        retryAfter: 7,
      });
      expect(hook.received).toHaveLength(2);
    } finally {
      await hook.stop();
    }
  });

  test('that nobody answers is given up', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/`;
    await expect(post({ ...parts, url, signal: AbortSignal.timeout(200) })).rejects.toMatchObject({
      code: 'notify/unreachable',
      message: 'the endpoint cannot be reached (timeout)',
    });
    silent.close();
  });

  test.each(['http://8.8.8.8/', 'https://a:b@8.8.8.8/', 'ftp://8.8.8.8/', 'nowhere'])(
    'to %s is refused, and its URL is not quoted',
    async (url) => {
      const refusal = post({ ...parts, url });
      await expect(refusal).rejects.toMatchObject({ code: 'notify/url' });
      await expect(refusal).rejects.not.toThrow(url);
    },
  );
});

describe('a mail', () => {
  test('to a server that goes on talking is given up as a whole', async () => {
    const drip = createServer((socket) => {
      const timer = setInterval(() => socket.write('220-wait\r\n'), 20);
      socket.on('close', () => clearInterval(timer)).on('error', () => undefined);
    });
    await new Promise<void>((resolve) => drip.listen(0, '127.0.0.1', resolve));
    const { port } = drip.address() as AddressInfo;
    const mail = { from: 'a@b.org', to: ['c@d.org'], id: 'x', at: 0, subject: 's', text: 't' };
    const parts = { user: undefined, password: undefined, networks: ['127.0.0.0/8'], ca: undefined };
    const signal = AbortSignal.timeout(200);
    const sent = sendMail({ ...mail, ...parts, server: `smtp://127.0.0.1:${port}`, signal });
    await expect(sent).rejects.toMatchObject({
      code: 'notify/unreachable',
      message: 'the mail server cannot be reached (timeout)',
    });
    await new Promise((resolve) => drip.close(resolve));
  });
});

describe('words', () => {
  test.each([
    ['https://evil.example/x', 'https[:]//evil[.]example/x'],
    ['www.evil.com and evil。com', 'www[.]evil[.]com and evil[.]com'],
    ['@here <@U1> a@b.org', '[@]here <[@]U1> a[@]b[.]org'],
    ['MAILTO:x javascript:y', 'MAILTO[:]x javascript[:]y'],
    ['1.50 of main.orders.', '1.50 of main[.]orders.'],
    ['пример.рф 例え.テスト مثال.إختبار', 'пример[.]рф 例え[.]テスト مثال[.]إختبار'],
    ['संगठन.भारत मूर्ति.com ตัวอย่าง.ไทย', 'संगठन[.]भारत मूर्ति[.]com ตัวอย่าง[.]ไทย'],
    ['ｅｖｉｌ．ｃｏｍ evil｡xn--p1ai evil․com i❤.ws', 'ｅｖｉｌ[.]ｃｏｍ evil[.]xn--p1ai evil[.]com i❤[.]ws'],
    ['10.20.30.40/x of 1.2.3', '10[.]20.30.40/x of 1.2.3'],
    ['a\u202eb\r\nBcc: c', 'a⟨U+202E⟩b⟨U+000D⟩⟨U+000A⟩Bcc: c'],
  ])('%j are shown as %j', (text, shown) => {
    expect(plainWords(text)).toBe(shown);
  });

  test('are cut', () => {
    expect(plainWords('x'.repeat(600))).toHaveLength(501);
  });
});

describe('a signing key', () => {
  const seed = new Uint8Array(32).fill(7);

  test('is a seed, or a seed and its public key', () => {
    const text = formatWebhookKey(seed);
    const signer = webhookSigner(text);
    const both = `whsk_${Buffer.concat([seed, signer.publicKey]).toString('base64')}`;
    expect(webhookSigner(both).publicKey).toEqual(signer.publicKey);
    expect(formatWebhookPublicKey(signer)).toBe(`whpk_${Buffer.from(signer.publicKey).toString('base64')}`);
  });

  test.each([
    '',
    'whsk_',
    `whsec_${Buffer.from(seed).toString('base64')}`,
    `whsk_${Buffer.from(seed).toString('base64')} `,
    `whsk_${Buffer.alloc(31).toString('base64')}`,
    `whsk_${Buffer.alloc(64).toString('base64')}`,
  ])('is not %j', (text) => {
    expect(() => webhookSigner(text)).toThrow(expect.objectContaining({ code: 'notify/key' }));
  });
});

describe('the configuration of channels', () => {
  const head = `version: 1
domain: ${'a'.repeat(32)}
origin: example
executor: { key: file:keys/executor.cskey }
targets: {}
policy: policy
`;
  const read = (channels: string) =>
    parseConfiguration(`${head}notify:\n  ${channels}\n`, 'countersign.yaml').notify;

  test('is read, with everything told by default and no detail', () => {
    const [channel] = read('dba: { kind: slack, url: env:SLACK }').values();
    expect(channel).toMatchObject({
      kind: 'slack',
      url: 'env:SLACK',
      show: [],
      networks: [],
      targets: undefined,
    });
    expect(channel?.events).toHaveLength(12);
  });

  test.each([
    ['dba: { kind: pager, url: env:X }', 'configuration/value'],
    ['dba: { url: env:X }', 'configuration/missing-key'],
    ['dba: { kind: slack, url: "https://hooks.slack.com/T0/x" }', 'configuration/value'],
    ['dba: { kind: slack, url: env:X, key: env:Y }', 'configuration/unknown-key'],
    ['dba: { kind: webhook, url: "https://a.example" }', 'configuration/missing-key'],
    ['dba: { kind: webhook, url: "ftp://a.example", key: env:Y }', 'configuration/value'],
    ['dba: { kind: slack, url: env:X, events: [approved] }', 'configuration/value'],
    ['dba: { kind: slack, url: env:X, events: [] }', 'configuration/value'],
    ['dba: { kind: slack, url: env:X, show: [everything] }', 'configuration/value'],
    ['dba: { kind: slack, url: env:X, networks: [10.0.0.0/33] }', 'configuration/value'],
    ['dba: { kind: slack, url: env:X, networks: [10.0.0/8] }', 'configuration/value'],
    ['"a b": { kind: slack, url: env:X }', 'configuration/value'],
    [
      'm: { kind: mail, server: "smtps://a.example", from: "a b@c.org", to: [d@e.org] }',
      'configuration/value',
    ],
    [
      'm: { kind: mail, server: "smtps://a.example", from: a@c.org, to: ["d@e.org, f@g.org"] }',
      'configuration/value',
    ],
    ['m: { kind: mail, server: "http://a.example", from: a@c.org, to: [d@e.org] }', 'configuration/value'],
    [
      'm: { kind: mail, server: "smtps://a.example", user: u, from: a@c.org, to: [d@e.org] }',
      'configuration/missing-key',
    ],
  ])('%s is refused', (channels, code) => {
    expect(() => read(channels)).toThrow(expect.objectContaining({ code }));
  });

  test('has limits', () => {
    const many = Array.from({ length: 33 }, (_, index) => `c${index}: { kind: slack, url: env:X }`);
    expect(() => read(many.join('\n  '))).toThrow(/more than 32 channels/);
    const to = Array.from({ length: 51 }, () => 'a@b.org').join(', ');
    expect(() => read(`m: { kind: mail, server: "smtps://a.example", from: a@c.org, to: [${to}] }`)).toThrow(
      /expected 1 to 50/,
    );
  });
});
