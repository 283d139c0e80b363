import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { request, type RequestOptions } from 'node:https';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readTlsFiles } from '../../apps/executor/src/serve/tls-files.ts';
import { makeCertificate } from '../servers/certificates.ts';
import { Lab, removeLabs } from './lab.ts';
import { Client, serveLab, signedHeaders } from './serving.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });
afterAll(removeLabs);

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.make();
  for (const name of ['server', 'other']) makeCertificate(lab.root, name);
});

/** Asks over TLS, and returns the status and the protocol that was agreed on. */
function askSecurely(
  url: string,
  options: RequestOptions,
): Promise<readonly [status: number, protocol: string]> {
  return new Promise((resolve, reject) => {
    const asked = request(
      url,
      { ca: readFileSync(lab.path('server.crt')), servername: 'server', agent: false, ...options },
      (response) => {
        const { socket } = response;
        const protocol = socket instanceof TLSSocket ? socket.getProtocol() : null;
        response.resume().on('end', () => resolve([response.statusCode ?? 0, protocol ?? '']));
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

const tls = (cert: string, key: string): readonly string[] => [
  '--tls-cert',
  lab.path(cert),
  '--tls-key',
  lab.path(key),
];

test('calls are taken over TLS 1.3 and signed for https; older protocols are not spoken', async () => {
  const serving = await serveLab(lab, ...tls('server.crt', 'server.key'));
  expect(serving.url).toMatch(/^https:/);
  expect(await askSecurely(`${serving.url}/healthz`, {})).toEqual([200, 'TLSv1.3']);
  const { signer, kid } = Client.of(serving.url, 'ci');
  const url = `${serving.url}/v1/requests`;
  const signed = (uri: string) => signedHeaders(signer, kid, { method: 'GET', url }, { uri });
  expect(await askSecurely(url, { headers: signed(url) })).toEqual([200, 'TLSv1.3']);
  expect(await askSecurely(url, { headers: signed(url.replace('https', 'http')) })).toEqual([401, 'TLSv1.3']);
  // The connection of a call over TLS is known for the one that was accepted: a wait on it waits.
  const waiting = await lab.submit("UPDATE orders SET status = 'paid' WHERE id = 101", '--as', 'ci');
  const wait = `${url}/${waiting}/wait?wait=1`;
  const began = performance.now();
  const headers = signedHeaders(signer, kid, { method: 'GET', url: wait });
  expect(await askSecurely(wait, { headers })).toEqual([200, 'TLSv1.3']);
  expect(performance.now() - began).toBeGreaterThan(900);
  await expect(askSecurely(`${serving.url}/healthz`, { maxVersion: 'TLSv1.2' })).rejects.toThrow(
    /alert|version/i,
  );
  await expect(
    askSecurely(`${serving.url}/healthz`, { ca: readFileSync(lab.path('other.crt')) }),
  ).rejects.toThrow();
  expect(await serving.stop()).toBe(0);
});

test('files that nobody can be served with are refused at the start, each with what is wrong', async () => {
  writeFileSync(lab.path('none.pem'), 'no PEM at all');
  const locked = [
    'pkey',
    '-in',
    lab.path('server.key'),
    '-aes256',
    '-passout',
    'pass:a',
    '-out',
    lab.path('locked.key'),
  ];
  expect(spawnSync('openssl', locked).status).toBe(0);
  const later = (days: number) => (): number => Math.floor(Date.now() / 1000) + days * 86_400;
  for (const [cert, key, days, words] of [
    ['none.pem', 'server.key', 0, 'is no certificate'],
    ['server.key', 'server.crt', 0, 'is no certificate'],
    ['server.crt', 'none.pem', 0, 'is no private key'],
    ['server.crt', 'locked.key', 0, 'without a passphrase'],
    ['server.crt', 'other.key', 0, 'is not the key of'],
    ['server.crt', 'server.key', 3, 'was good until'],
  ] as const) {
    const answer = await lab.askAt(later(days), 'serve', '--listen', '127.0.0.1:0', ...tls(cert, key));
    expect([answer.exitCode, answer.code], words).toEqual([2, 'usage/arguments']);
    expect(answer.document['message']).toContain(words);
  }
  const yesterday = Math.floor(Date.now() / 1000) - 86_400;
  expect(() => readTlsFiles(lab.path('server.crt'), lab.path('server.key'), yesterday)).toThrow(
    'is not good before',
  );
  const half = await lab.ask('serve', '--tls-cert', lab.path('server.crt'));
  expect(half.code).toBe('usage/arguments');
  const gone = await lab.ask('serve', ...tls('gone.crt', 'server.key'));
  expect(gone.code).toMatch(/^file\//);
});
