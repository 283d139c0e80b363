import { createConnection } from 'mysql2/promise';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startMariadb } from '../../../test/servers/mariadb.ts';
import type { MariadbServer } from '../../../test/servers/mariadb.ts';
import { builtInFunctions } from '../src/mysql/functions.ts';
import { BARE_FUNCTIONS, CONSTANT_WORDS, NO_SPACE_FUNCTIONS, RESERVED } from '../src/mysql/words.ts';

let server: MariadbServer;
let connection: Connection;

beforeAll(async () => {
  server = await startMariadb();
  connection = await createConnection({ socketPath: server.socket, user: 'root' });
  await connection.query('CREATE DATABASE shop');
  await connection.query('USE shop');
  await connection.query('CREATE TABLE called (n int)');
}, 60_000);

afterAll(async () => {
  connection.destroy();
  await server.stop();
});

/** Error number of a text, 0 when it ran. */
async function errorOf(sql: string): Promise<number> {
  try {
    await connection.query(sql);
    return 0;
  } catch (error) {
    return (error as { errno: number }).errno;
  }
}

const SYNTAX = 1064;

test('the reserved words are those that the server takes as no column', async () => {
  const [rows] = await connection.query('SELECT lower(word) AS word FROM information_schema.keywords');
  const words = (rows as { word: string }[]).map(({ word }) => word).filter((word) => /^\w+$/.test(word));
  const mine = new Set([...RESERVED.mariadb, ...CONSTANT_WORDS, ...BARE_FUNCTIONS]);
  expect(words.length).toBeGreaterThan(600);
  for (const word of words) {
    const column = await errorOf(`SELECT ${word} FROM (SELECT 'own' AS \`${word}\`) q`);
    const known = RESERVED.mariadb.has(word) && !BARE_FUNCTIONS.has(word) && !CONSTANT_WORDS.has(word);
    expect([word, column === SYNTAX]).toEqual([word, known]);
    const bare = await errorOf(`SELECT 1 FROM (SELECT 1 AS a) ${word}`);
    if (bare === SYNTAX && word !== 'window') expect([word, mine.has(word)]).toEqual([word, true]);
  }
}, 120_000);

test('no name on a list is that of a stored function, however many arguments it is given', async () => {
  const names = builtInFunctions('mariadb');
  expect(names.length).toBeGreaterThan(300);
  for (const name of names) {
    for (let count = 0; count <= 4; count += 1) {
      const parameters = Array.from({ length: count }, (_, index) => `p${index} int`).join(', ');
      await connection.query(`DROP FUNCTION IF EXISTS shop.\`${name}\``);
      await connection.query(
        `CREATE FUNCTION shop.\`${name}\`(${parameters}) RETURNS int BEGIN INSERT INTO called VALUES (1); RETURN 1; END`,
      );
      const error = await errorOf(`SELECT ${name}(${'1, '.repeat(count).replace(/, $/, '')})`);
      const [rows] = await connection.query('SELECT count(*) AS calls FROM called');
      // 1305 and 1318: no such stored function, or one with other parameters.
      expect([name, count, [1305, 1318].includes(error), rows]).toEqual([name, count, false, [{ calls: 0 }]]);
    }
    await connection.query(`DROP FUNCTION shop.\`${name}\``);
  }
}, 240_000);

test('a name apart from its parenthesis that the list of such names lacks is still the built-in one', async () => {
  const special = builtInFunctions('mariadb').filter(
    (name) => !NO_SPACE_FUNCTIONS.has(name) && !RESERVED.mariadb.has(name) && !BARE_FUNCTIONS.has(name),
  );
  for (const name of special) {
    await connection.query(
      `CREATE FUNCTION shop.\`${name}\`(p int) RETURNS int BEGIN INSERT INTO called VALUES (1); RETURN 1; END`,
    );
    const error = await errorOf(`SELECT ${name} (1)`);
    const [rows] = await connection.query('SELECT count(*) AS calls FROM called');
    expect([name, [1305, 1318].includes(error), rows]).toEqual([name, false, [{ calls: 0 }]]);
    await connection.query(`DROP FUNCTION shop.\`${name}\``);
  }
}, 120_000);
