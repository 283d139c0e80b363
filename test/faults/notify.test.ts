import { createPublicKey, verify } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeCertificate } from '../servers/certificates.ts';
import { Hook } from '../servers/hook.ts';
import { MailServer } from '../servers/smtp.ts';
import { Lab, removeLabs, type Answer } from './lab.ts';

const update = "UPDATE customers SET tier = 'gold' WHERE id = 1";
const networks = 'networks: [127.0.0.0/8, "::1/128"]';
const ends: (() => Promise<void>)[] = [];
let lab: Lab;

beforeEach(async () => {
  lab = await Lab.make();
}, 120_000);

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const end of ends.splice(0)) await end();
});

afterAll(removeLabs);

async function hookAt(...of: Parameters<typeof Hook.start>): Promise<Hook> {
  const hook = await Hook.start(...of);
  ends.push(() => hook.stop());
  return hook;
}

async function mailServer(...of: Parameters<typeof MailServer.start>): Promise<MailServer> {
  const server = await MailServer.start(...of);
  ends.push(() => server.stop());
  return server;
}

/** Writes a secret into the home and returns how the configuration names it. */
function secret(name: string, text: string): string {
  writeFileSync(join(lab.home, name), `${text}\n`);
  return `file:${name}`;
}

function channels(...lines: readonly string[]): void {
  lab.configure((text) => `${text}\nnotify:\n${lines.map((line) => `  ${line}\n`).join('')}`);
}

async function webhook(hook: Hook, more = ''): Promise<string> {
  const { document } = await lab.ask('key', 'webhook', join(lab.home, 'hook.key'));
  channels(`hook: { kind: webhook, url: "${hook.url()}", key: file:hook.key, ${networks}${more} }`);
  return String(document['public_key']);
}

const notify = (...more: readonly string[]): Promise<Answer> => lab.ask('notify', ...more);

function failures({ document }: Answer): readonly string[] {
  const attempts = (document['attempts'] ?? []) as { failure?: string }[];
  return attempts.flatMap(({ failure }) => failure ?? []);
}

const typesOf = (hook: Hook): readonly unknown[] =>
  hook.received.map(({ body }) => (JSON.parse(body) as { type: string }).type);

describe('a webhook', { timeout: 600_000 }, () => {
  test('hears of the whole life of a request, signed, with neither SQL nor rows nor reason', async () => {
    const hook = await hookAt();
    const publicKey = await webhook(hook);
    const id = await lab.approved(update);
    expect((await lab.ask('run', id)).exitCode).toBe(0);
    expect(hook.received).toEqual([]);
    expect(await notify()).toMatchObject({ exitCode: 0, code: 'notify/delivered' });
    const life = ['requested', 'exported', 'decided', 'decided', 'executed'];
    expect(typesOf(hook)).toEqual(life.map((event) => `request.${event}`));
    const key = createPublicKey({
      key: Buffer.concat([
        Buffer.from('302a300506032b6570032100', 'hex'),
        Buffer.from(publicKey.replace(/^whpk_/, ''), 'base64'),
      ]),
      format: 'der',
      type: 'spki',
    });
    for (const { headers, body } of hook.received) {
      const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
      const [version, signature = ''] = String(headers['webhook-signature']).split(',');
      expect(version).toBe('v1a');
      expect(verify(null, Buffer.from(signed), key, Buffer.from(signature, 'base64'))).toBe(true);
      expect(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(120);
      expect(body).not.toMatch(/UPDATE|gold|a reason to test|Amara/);
    }
    expect(new Set(hook.received.map(({ headers }) => headers['webhook-id'])).size).toBe(life.length);
    expect(JSON.parse(hook.received[0]?.body ?? '')).toMatchObject({
      data: {
        request_id: id,
        target: 'demo',
        submitter: { id: 'olivia', kind: 'human' },
        kinds: ['update'],
        rows: 2,
        words: expect.stringMatching(/^\S+( \S+){4}$/) as string,
      },
    });
    expect(await notify()).toMatchObject({ exitCode: 0, document: { attempts: [], backlog: [] } });
    expect(hook.received).toHaveLength(life.length);
  });

  test('hears of an emergency as one, and how it ended', async () => {
    const hook = await hookAt();
    await webhook(hook, ', events: [break-glass]');
    lab.policy(
      'main.yaml',
      (text) => `${text}\nscopes:\n  - { who: { kinds: [human] }, break_glass: true }\n`,
    );
    await lab.submit(update);
    const id = await lab.approved(update, '--break-glass');
    expect((await lab.ask('run', id)).exitCode).toBe(0);
    expect(await notify()).toMatchObject({ exitCode: 0, code: 'notify/delivered' });
    expect(typesOf(hook)).toEqual(['request.break-glass', 'request.break-glass', 'request.executed']);
    for (const { body } of hook.received)
      expect(JSON.parse(body)).toMatchObject({ data: { request_id: id, break_glass: true } });
  });

  test('that fails is tried again later with the same id, and changes nothing of the request', async () => {
    const hook = await hookAt();
    await webhook(hook, ', events: [requested]');
    hook.answer = { status: 500 };
    const id = await lab.submit(update);
    const first = await notify();
    expect(first).toMatchObject({ exitCode: 1, code: 'notify/undelivered' });
    expect(failures(first)).toEqual(['notify/answer: the endpoint answered 500, expected 200 to 299']);
    expect(await lab.state(id)).toBe('pending');
    expect(await notify()).toMatchObject({ exitCode: 0, document: { attempts: [] } });
    hook.answer = { status: 200 };
    const later = (): number => Math.floor(Date.now() / 1000) + 30;
    expect(await lab.askAt(later, 'notify')).toMatchObject({ exitCode: 0, document: { backlog: [] } });
    const [one, two] = hook.received;
    expect(hook.received).toHaveLength(2);
    expect(two?.headers['webhook-id']).toBe(one?.headers['webhook-id']);
    expect(two?.body).toBe(one?.body);
  });

  test('waits as long as it is asked to, and is given up when it is gone', async () => {
    const hook = await hookAt();
    await webhook(hook, ', events: [requested]');
    await lab.submit(update);
    hook.answer = { status: 429, headers: { 'retry-after': '1200' } };
    await notify();
    const after = (seconds: number) => (): number => Math.floor(Date.now() / 1000) + seconds;
    hook.answer = { status: 410 };
    expect(await lab.askAt(after(1_000), 'notify')).toMatchObject({ document: { attempts: [] } });
    const last = await lab.askAt(after(1_300), 'notify');
    expect(last.document['backlog']).toMatchObject([{ channel: 'hook', waiting: 0, given_up: 1 }]);
    expect(await lab.askAt(after(90_000), 'notify')).toMatchObject({ document: { attempts: [] } });
    const { document } = await lab.askAt(after(90_100), 'doctor');
    expect(document['findings']).toContainEqual({
      check: 'notify',
      level: 'warning',
      message: 'hook: 1 message given up, notify/answer: the endpoint answered 410, expected 200 to 299',
      hint: expect.stringContaining('countersign notify --test hook') as string,
    });
  });

  test('is not followed elsewhere', async () => {
    const [hook, other] = [await hookAt(), await hookAt()];
    await webhook(hook, ', events: [requested]');
    hook.answer = { status: 307, headers: { location: other.url() } };
    await lab.submit(update);
    expect(failures(await notify())).toEqual([expect.stringContaining('answered 307')]);
    expect(other.received).toEqual([]);
  });

  test('on an address that is not public is refused unless its network is named', async () => {
    const hook = await hookAt();
    await lab.ask('key', 'webhook', join(lab.home, 'hook.key'));
    const line = (name: string, url: string, more = ''): string =>
      `${name}: { kind: webhook, url: "${url}", key: file:hook.key, events: [requested]${more} }`;
    channels(
      line('literal', hook.url()),
      line('name', hook.url('localhost')),
      line('decimal', hook.url('2130706433')),
      line('mapped', hook.url('[::ffff:127.0.0.1]')),
      line('metadata', 'http://169.254.169.254/latest'),
      line('other', hook.url(), ', networks: [10.0.0.0/8]'),
    );
    await lab.submit(update);
    const told = failures(await notify());
    expect(told).toHaveLength(6);
    for (const one of told) expect(one).toMatch(/^notify\/address: /);
    expect(hook.received).toEqual([]);
  });

  test('must show a certificate of its own name', async () => {
    const [good, wrong] = [makeCertificate(lab.root, 'localhost'), makeCertificate(lab.root, 'other.test')];
    const [trusted, stranger] = [await hookAt(good), await hookAt(wrong)];
    writeFileSync(join(lab.home, 'ca.pem'), `${good.cert}${wrong.cert}`);
    await lab.ask('key', 'webhook', join(lab.home, 'hook.key'));
    const line = (name: string, url: string, ca: string): string =>
      `${name}: { kind: webhook, url: "${url}", key: file:hook.key, events: [requested], ${networks}${ca} }`;
    const ca = ', ca: file:ca.pem';
    channels(
      line('good', trusted.url('localhost'), ca),
      line('wrong', stranger.url('localhost'), ca),
      line('unknown', trusted.url('localhost'), ''),
    );
    await lab.submit(update);
    // What switches verification off for a whole process does not do so here.
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    expect(failures(await notify())).toEqual([
      expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
      expect.stringContaining('SELF_SIGNED'),
    ]);
    expect(trusted.received).toMatchObject([{ headers: { host: `localhost:${trusted.port}` } }]);
    expect(stranger.received).toEqual([]);
  });

  test('without TLS is for this machine alone, and never holds a password', async () => {
    await lab.ask('key', 'webhook', join(lab.home, 'hook.key'));
    const line = (name: string, url: string): string =>
      `${name}: { kind: webhook, url: "${url}", key: file:hook.key, events: [requested] }`;
    channels(line('plain', 'http://8.8.8.8/'), line('user', 'https://a:b@8.8.8.8/'));
    await lab.submit(update);
    for (const one of failures(await notify())) expect(one).toMatch(/^notify\/url: /);
    writeFileSync(join(lab.home, 'hook.key'), 'whsk_short\n');
    const later = (): number => Math.floor(Date.now() / 1000) + 60;
    expect(failures(await lab.askAt(later, 'notify'))).toHaveLength(2);
  });
});

describe('what people read', { timeout: 600_000 }, () => {
  const hostile =
    'see https://evil.example/x, <!channel> <@U1> @here [click](javascript:alert) *b* www.evil.com \u202e\r\nBcc: x@evil.com';

  async function four(show: string) {
    const [slack, teams] = [await hookAt(), await hookAt()];
    const mail = await mailServer();
    channels(
      `slack: { kind: slack, url: ${secret('slack.url', slack.url())}, ${networks}${show} }`,
      `teams: { kind: teams, url: ${secret('teams.url', teams.url())}, ${networks}${show} }`,
      `mail: { kind: mail, server: "smtp://127.0.0.1:${mail.port}", from: db@example.org, to: [dba@example.org], ${networks}${show} }`,
    );
    return { slack, teams, mail };
  }

  test('is who, target, kind, rows, words and deadline, and no SQL, rows or reason', async () => {
    const { slack, teams, mail } = await four(', events: [requested, decided]');
    const id = await lab.submit(update);
    const bundle = await lab.export(id);
    await lab.import(lab.approver('ada').decide(bundle, { choice: 'deny', note: 'a secret note' }));
    expect(await notify()).toMatchObject({ exitCode: 0 });
    const texts = [...slack.received, ...teams.received].map(({ body }) => body);
    expect(texts).toHaveLength(4);
    expect(mail.received).toHaveLength(2);
    for (const text of [...texts, ...mail.received.map(({ text: one }) => one)]) {
      for (const word of [id, 'demo', 'olivia', 'update', 'words']) expect(text).toContain(word);
      expect(text).not.toMatch(/UPDATE|gold|Amara|reason to test|secret note/);
    }
    expect(texts.join()).toContain('deny by ada');
    expect(mail.received[0]).toMatchObject({ encrypted: false, user: undefined });
    expect(mail.received[0]?.text).toMatch(
      /^Subject: Countersign: request [0-9a-f]{8} on demo: approval is asked for$/m,
    );
  });

  test('holds no link, mention, markup or header that hostile text brought', async () => {
    const { slack, teams, mail } = await four(
      ', events: [requested, decided], show: [reason, note, sql, rows]',
    );
    const sql = `UPDATE customers SET name = 'https://evil.example <!channel>' WHERE id = 1 -- @here ${'x'.repeat(3000)}`;
    const answer = await lab.ask('submit', sql, '--reason', hostile);
    const id = String(answer.document['request_id']);
    const bundle = await lab.export(id);
    await lab.import(lab.approver('ada').decide(bundle, { choice: 'deny', note: hostile }));
    expect(await notify()).toMatchObject({ exitCode: 0 });
    for (const { body } of slack.received) {
      const message = JSON.parse(body) as Record<string, unknown>;
      expect(message).toMatchObject({ mrkdwn: false, link_names: false, parse: 'none', unfurl_links: false });
      expect(String(message['text'])).not.toContain('evil');
      expect(elementTypes(message['blocks'])).toEqual(
        new Set(['rich_text', 'rich_text_section', 'rich_text_preformatted', 'text']),
      );
    }
    for (const { body } of teams.received) {
      const [attachment] = (JSON.parse(body) as { attachments: { content: object }[] }).attachments;
      expect(elementTypes(attachment?.content)).toEqual(
        new Set(['AdaptiveCard', 'RichTextBlock', 'TextRun']),
      );
    }
    const mails = mail.received.map(({ text }) => text);
    const bodies = [...slack.received, ...teams.received].map(({ body }) => body);
    for (const text of [...bodies, ...mails]) {
      const own = text
        .replace('http://adaptivecards.io', '')
        .replaceAll(/^(?:From|To|Message-ID): .*$/gm, '');
      expect(own).toContain('evil');
      expect(own).not.toMatch(/\w:\/\/|evil\.(?:com|example)|(?<!\[)@(?!\])|javascript:/);
      expect(own).not.toMatch(/[\u202e\u200b]/u);
    }
    for (const text of mails) {
      expect(text).not.toMatch(/^Bcc:/m);
      expect(text).toMatch(/^Content-Type: text\/plain/m);
    }
  });

  /** Every `type` in a message. */
  function elementTypes(value: unknown): ReadonlySet<string> {
    const found = JSON.stringify(value).matchAll(/"type":"(\w+)"/g);
    return new Set([...found].map(([, type = '']) => type));
  }

  test('goes by mail only with TLS to a server of that name once there is a password', async () => {
    const good = makeCertificate(lab.root, 'localhost');
    const [secure, plain] = [await mailServer(good), await mailServer()];
    writeFileSync(join(lab.home, 'ca.pem'), good.cert);
    const line = (name: string, port: number, host: string): string =>
      `${name}: { kind: mail, server: "smtp://${host}:${port}", user: u, password: ${secret('mail.pw', 'geheim')}, from: a@b.org, to: [c@d.org], events: [requested], ca: file:ca.pem, ${networks} }`;
    channels(
      line('good', secure.port, 'localhost'),
      line('stripped', plain.port, 'localhost'),
      line('other', secure.port, '127.0.0.1'),
    );
    await lab.submit(update);
    const answer = await notify();
    expect(secure.received).toMatchObject([{ encrypted: true, user: 'u' }]);
    expect(plain.received).toEqual([]);
    expect(failures(answer)).toHaveLength(2);
    expect(JSON.stringify(answer.document)).not.toContain('geheim');
  });

  test('a mail that the server refuses stays in the queue', async () => {
    const { mail } = await four(', events: [requested]');
    mail.verdict = '451 later';
    await lab.submit(update);
    expect(failures(await notify())).toEqual(['notify/answer: the mail server answered 451']);
    expect((await notify()).document['backlog']).toMatchObject([{ channel: 'mail', waiting: 1 }]);
  });
});

describe('the queue', { timeout: 600_000 }, () => {
  test('holds a message exactly when the ledger holds its entry, also after a crash', async () => {
    const hook = await hookAt();
    await webhook(hook, ', events: [requested]');
    await lab.die(['submit', update, '--reason', 'a reason to test'], {
      FAULT_POINT: 'submission-recorded',
    });
    await notify();
    expect(hook.received).toEqual([]);
    await lab.die(['submit', update, '--reason', 'a reason to test'], {
      FAULT_POINT: 'request-sealed',
    });
    await notify();
    expect(typesOf(hook)).toEqual(['request.requested']);
  });

  test('tells of what expired, and of other targets not at all', async () => {
    const hook = await hookAt();
    await webhook(hook, ', events: [expired], targets: [demo]');
    await lab.submit(update);
    const later = (): number => Math.floor(Date.now() / 1000) + 8 * 86_400;
    expect(await lab.askAt(later, 'notify')).toMatchObject({ exitCode: 0 });
    expect(typesOf(hook)).toEqual(['request.expired']);
  });

  test('is sent by one program at a time, and a channel can be tried', async () => {
    const hook = await hookAt();
    await webhook(hook);
    const [one, other] = await Promise.all([
      lab.spawn(['notify', '--test', 'hook']),
      notify('--test', 'nobody'),
    ]);
    expect(one.exitCode).toBe(0);
    expect(other).toMatchObject({ exitCode: 2, code: 'notify/unknown-channel' });
    expect(typesOf(hook)).toEqual(['request.test']);
    const { pid, ended } = lab.begin(['notify', '--follow']);
    await lab.submit(update);
    while (hook.received.length < 2) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await notify()).toMatchObject({ exitCode: 1, code: 'home/busy' });
    process.kill(pid, 'SIGTERM');
    expect(await ended).toMatchObject({ exitCode: 0, code: 'notify/stopped', document: { delivered: 1 } });
  });

  test('is sent by a server as well, while it serves', async () => {
    const hook = await hookAt();
    await webhook(hook, ', events: [requested]');
    await lab.submit(update);
    const { pid, ended } = lab.begin(['serve', '--listen', '127.0.0.1:0']);
    while (hook.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 100));
    process.kill(pid, 'SIGTERM');
    const { exitCode, stderr } = await ended;
    expect(exitCode).toBe(0);
    expect(stderr).toContain('"event":"notified"');
    expect(typesOf(hook)).toEqual(['request.requested']);
  });

  test('has no secret in what is shown or kept', async () => {
    const hook = await hookAt();
    hook.answer = { status: 500 };
    channels(`slack: { kind: slack, url: ${secret('slack.url', `${hook.url()}/T0/sesame`)}, ${networks} }`);
    await lab.submit(update);
    expect(JSON.stringify(await notify())).not.toContain('sesame');
    expect(readFileSync(join(lab.home, 'state.db')).includes('sesame')).toBe(false);
  });
});
