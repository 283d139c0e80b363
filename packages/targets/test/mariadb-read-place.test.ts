import { openTarget } from '@countersign/targets';
import type { Target } from '@countersign/targets';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startMariadb } from '../../../test/servers/mariadb.ts';
import type { MariadbServer } from '../../../test/servers/mariadb.ts';
import { codeOf, statement } from './temporary-database.ts';

let server: MariadbServer;
beforeAll(async () => {
  // A server may hold to its own character set, whatever the client asks for.
  const options = ['--skip-character-set-client-handshake', '--character-set-server=gbk'];
  server = await startMariadb({ options });
  server.sql(
    `CREATE DATABASE shop; CREATE DATABASE other;
     CREATE TABLE shop.t (d VARCHAR(20)); INSERT INTO shop.t VALUES ('of the shop');
     CREATE TABLE other.t (d VARCHAR(20)); INSERT INTO other.t VALUES ('of the other');
     CREATE USER owner@localhost IDENTIFIED BY 'pw'; GRANT ALL ON *.* TO owner@localhost;
     CREATE USER reader@localhost IDENTIFIED BY 'pw'; GRANT SELECT ON shop.* TO reader@localhost; GRANT SELECT ON other.* TO reader@localhost`,
  );
}, 90_000);
afterAll(() => server.stop(), 60_000);

function targetReading(database: string): Target {
  const url = (user: string, name: string): string => `mariadb://${user}@/${name}?socket=${server.socket}`;
  const password = (): string => 'pw';
  return openTarget({
    name: 'shop',
    url: url('owner', 'shop'),
    password,
    read: { url: url('reader', database), password },
  });
}

test('a text is read by the server in the character set in which it was judged', async () => {
  // To a server that takes it for GBK the last byte of the sign and the backslash are one character, and the quote ends the text.
  const { results } = await targetReading('shop').read([statement(String.raw`SELECT '€\', d FROM t -- '`)]);
  expect(results[0]?.rows).toEqual([[{ type: 'text', value: "€', d FROM t -- " }]]);
});

test('names are looked for in the database that was inspected, or nothing is read', async () => {
  const { results } = await targetReading('shop').read([statement('SELECT d FROM t')]);
  expect(results[0]?.rows).toEqual([[{ type: 'text', value: 'of the shop' }]]);
  const other = targetReading('other');
  expect(await codeOf(other.read([statement('SELECT d FROM t')]))).toBe('target/other-database');
  expect(await codeOf(other.requireReadAccount())).toBe('target/other-database');
});
