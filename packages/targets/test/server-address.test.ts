import { expect, test } from 'vitest';
import { isLocal, parseServerUrl, tlsOptions } from '../src/server-address.ts';
import { TargetError } from '../src/target-error.ts';

test('names host, port, user and database, encoded where they must be', () => {
  expect(parseServerUrl('postgres://own%40er@db.example/sh%2Fop')).toEqual({
    scheme: 'postgres',
    host: 'db.example',
    port: 5432,
    user: 'own@er',
    database: 'sh/op',
  });
  expect(parseServerUrl('postgresql://a@[::1]:6000/b')).toMatchObject({ host: '::1', port: 6000 });
  expect(parseServerUrl('mysql://a@127.0.0.1/b')).toMatchObject({ scheme: 'mysql', port: 3306 });
  expect(parseServerUrl('mariadb://a@/b?socket=/run/m.sock').host).toBe('/run/m.sock');
});

const refused: readonly (readonly [string, RegExp])[] = [
  ['postgres://a:hunter2@h/d', /password/],
  ['postgres://h/d', /user/],
  ['postgres://a@h/', /expected SCHEME/],
  ['postgres://a@h', /expected SCHEME/],
  ['http://a@h/d', /expected SCHEME/],
  ['postgres://a@h/d?sslmode=disable', /parameters/],
  ['postgres://a@h/d?host=x', /absolute/],
  ['postgres://a@h/d?host=/x&host=/y', /parameters/],
  ['postgres://a@h:0/d', /port/],
  ['postgres://a@h:65536/d', /port/],
  ['postgres://a%zz@h/d', /%/],
  ['postgres://a@h/d#x', /expected SCHEME/],
  ['postgres://a@h/d\0', /expected SCHEME/],
];
test.each(refused)('refuses %s without repeating it', (url, message) => {
  const parse = (): unknown => parseServerUrl(url);
  expect(parse).toThrow(TargetError);
  expect(parse).toThrow(message);
  expect(parse).not.toThrow(/hunter2/);
});

test('a host that is not this machine must prove its name, whoever forgets to say so', () => {
  const options = (url: string, tls = {}): unknown => tlsOptions({ address: parseServerUrl(url), tls });
  for (const host of ['', 'localhost', '127.0.0.1', '127.9.9.9', '[::1]'])
    expect(options(`postgres://a@${host}/d`), host).toBe(false);
  for (const host of ['db.example', '10.0.0.1', '[2001:db8::1]', '127.0.0.1.example', 'localhost.example'])
    expect(options(`postgres://a@${host}/d`), host).toMatchObject({ rejectUnauthorized: true });
  expect(options('postgres://a@db.example/d', { mode: 'off' })).toBe(false);
  expect(options('postgres://a@localhost/d', { ca: 'x' })).toMatchObject({
    ca: 'x',
    rejectUnauthorized: true,
  });
  expect(isLocal(parseServerUrl('postgres://a@/d?host=/tmp'))).toBe(true);
});
