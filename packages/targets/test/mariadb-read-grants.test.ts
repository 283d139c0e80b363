import { afterAll, beforeAll, expect, test } from 'vitest';
import { excessPrivileges } from '../src/mariadb/read-grants.ts';
import { startMariadb } from '../../../test/servers/mariadb.ts';
import type { MariadbServer } from '../../../test/servers/mariadb.ts';

let server: MariadbServer;
let made = 0;
beforeAll(async () => {
  server = await startMariadb();
  server.sql(
    `CREATE DATABASE shop; CREATE TABLE shop.t (a INT PRIMARY KEY, \`b\`\`) INSERT (\` INT);
     CREATE FUNCTION shop.f() RETURNS INT DETERMINISTIC RETURN 1; CREATE ROLE writer; GRANT INSERT ON shop.* TO writer`,
  );
}, 90_000);
afterAll(() => server.stop(), 60_000);

/** What the engine itself says of an account that was given this. */
function grantsOf(...given: readonly string[]): string[] {
  made += 1;
  const user = `reader${made}@localhost`;
  server.sql(`CREATE USER ${user} IDENTIFIED BY 'a long password'`);
  for (const one of given) server.sql(one.replace('USER', user));
  return server.sql(`SHOW GRANTS FOR ${user}`).trimEnd().split('\n');
}

const reading: readonly (readonly string[])[] = [
  [],
  ['GRANT SELECT ON shop.* TO USER'],
  ['GRANT SELECT, SHOW VIEW ON shop.* TO USER'],
  ['GRANT SELECT ON *.* TO USER'],
  ['GRANT SELECT (a, `b``) INSERT (`) ON shop.t TO USER'],
];
for (const given of reading) {
  test(`can only read: ${['an account', ...given].join('; ')}`, () => {
    expect(excessPrivileges(grantsOf(...given))).toEqual([]);
  });
}

const writing: readonly (readonly [given: string, excess: string])[] = [
  ['GRANT INSERT ON shop.* TO USER', 'INSERT'],
  ['GRANT SELECT, UPDATE ON shop.t TO USER', 'UPDATE'],
  ['GRANT SELECT (a), UPDATE (a) ON shop.t TO USER', 'UPDATE'],
  ['GRANT DELETE ON *.* TO USER', 'DELETE'],
  ['GRANT FILE ON *.* TO USER', 'FILE'],
  ['GRANT SUPER ON *.* TO USER', 'SUPER'],
  ['GRANT CREATE TEMPORARY TABLES ON shop.* TO USER', 'CREATE TEMPORARY TABLES'],
  ['GRANT LOCK TABLES ON shop.* TO USER', 'LOCK TABLES'],
  ['GRANT EXECUTE ON FUNCTION shop.f TO USER', 'EXECUTE'],
  ['GRANT EXECUTE ON shop.* TO USER', 'EXECUTE'],
  ['GRANT ALL PRIVILEGES ON shop.* TO USER', 'ALL PRIVILEGES'],
  ['GRANT DROP ON shop.* TO USER', 'DROP'],
  ['GRANT SELECT ON shop.* TO USER WITH GRANT OPTION', 'GRANT OPTION'],
];
for (const [given, excess] of writing) {
  test(`can do more than read: ${given}`, () => {
    expect(excessPrivileges(grantsOf(given))).toContain(excess);
  });
}

test('a role may bring anything, so it is more than reading', () => {
  const excess = excessPrivileges(grantsOf('GRANT writer TO USER'));
  expect(excess).toHaveLength(1);
  expect(excess[0]).toMatch(/^GRANT `writer` TO /);
});

test('a line that cannot be read is more than reading', () => {
  expect(excessPrivileges(['SELECT ON `shop`.*'])).toEqual(['SELECT ON `shop`.*']);
});
