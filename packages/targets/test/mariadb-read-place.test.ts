import { openTarget } from '@countersign/targets';
import type { Target } from '@countersign/targets';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SqlServer } from '../../../test/servers/daemon.ts';
import { sqlServers } from '../../../test/servers/sql-servers.ts';
import { codeOf, statement } from './temporary-database.ts';

describe.each(sqlServers)('%s', (engine, startServer) => {
  let server: SqlServer;
  /** Another server with a database, tables and accounts of the same names. */
  let twin: SqlServer;
  beforeAll(async () => {
    // A server may hold to its own character set, whatever the client asks for.
    const options = [
      '--character-set-server=gbk',
      engine === 'mariadb' ? '--skip-character-set-client-handshake' : '--init-connect=SET NAMES gbk',
    ];
    [server, twin] = await Promise.all([startServer(options), startServer(options)]);
    twin.sql(
      `CREATE DATABASE shop; CREATE TABLE shop.t (d VARCHAR(20)); INSERT INTO shop.t VALUES ('of the twin');
     CREATE USER reader@localhost IDENTIFIED BY 'pw'; GRANT SELECT ON shop.* TO reader@localhost`,
    );
    server.sql(
      `CREATE DATABASE shop; CREATE DATABASE other;
     CREATE TABLE shop.t (d VARCHAR(20)); INSERT INTO shop.t VALUES ('of the shop');
     CREATE TABLE other.t (d VARCHAR(20)); INSERT INTO other.t VALUES ('of the other');
     CREATE USER owner@localhost IDENTIFIED BY 'pw'; GRANT ALL ON *.* TO owner@localhost;
     CREATE USER reader@localhost IDENTIFIED BY 'pw'; GRANT SELECT ON shop.* TO reader@localhost; GRANT SELECT ON other.* TO reader@localhost`,
    );
  }, 120_000);
  afterAll(() => Promise.all([server.stop(), twin.stop()]), 60_000);

  function targetReading(database: string, from = server): Target {
    const url = (user: string, name: string, at = server): string =>
      `mariadb://${user}@/${name}?socket=${at.socket}`;
    const password = (): string => 'pw';
    return openTarget({
      name: 'shop',
      url: url('owner', 'shop'),
      password,
      read: { url: url('reader', database, from), password },
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

  test('rows are read on the server that was inspected or on a replica of it, and on no other', async () => {
    const read = [statement('SELECT d FROM t')];
    expect(await codeOf(targetReading('shop', twin).read(read))).toBe('target/other-database');
    // A replica has the row that names the database; the twin has none, then another, then the same.
    const identity =
      'CREATE TABLE _countersign_identity (one TINYINT NOT NULL PRIMARY KEY, id BINARY(16) NOT NULL); INSERT INTO _countersign_identity VALUES (1, RANDOM_BYTES(16))';
    server.sql(identity, 'shop');
    expect(await codeOf(targetReading('shop', twin).read(read))).toBe('target/other-database');
    expect((await targetReading('shop').read(read)).results[0]?.rows).toEqual([
      [{ type: 'text', value: 'of the shop' }],
    ]);
    twin.sql(identity, 'shop');
    expect(await codeOf(targetReading('shop', twin).requireReadAccount())).toBe('target/other-database');
    const id = server.sql('SELECT HEX(id) FROM shop._countersign_identity').trim();
    twin.sql(`UPDATE _countersign_identity SET id = UNHEX('${id}')`, 'shop');
    expect((await targetReading('shop', twin).read(read)).results[0]?.rows).toEqual([
      [{ type: 'text', value: 'of the twin' }],
    ]);
  });

  test('an account that may not read the identity is refused', async () => {
    server.sql(`CREATE USER narrow@localhost IDENTIFIED BY 'pw'; GRANT SELECT ON shop.t TO narrow@localhost`);
    const url = (user: string): string => `mariadb://${user}@/shop?socket=${server.socket}`;
    const password = (): string => 'pw';
    const target = openTarget({
      name: 'shop',
      url: url('owner'),
      password,
      read: { url: url('narrow'), password },
    });
    expect(await codeOf(target.read([statement('SELECT d FROM t')]))).toBe('target/other-database');
  });
});
