import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowsChangedBy } from '../src/mariadb/engine-status.ts';
import { MariadbSession } from '../src/mariadb/session.ts';
import { numbersTo, shops } from './mariadb-shop.ts';
import type { MariadbShop } from './mariadb-shop.ts';

describe.each(shops)('%s', (engine, startShop) => {
  let shop: MariadbShop;
  beforeAll(async () => {
    shop = await startShop();
    await shop.remake(`CREATE TABLE p (a INT PRIMARY KEY, b TEXT); INSERT INTO p SELECT seq, seq FROM ${numbersTo(50)};
    CREATE TABLE c (a INT, up INT REFERENCES p (a) ON DELETE CASCADE); INSERT INTO c SELECT seq, seq % 50 + 1 FROM ${numbersTo(200)}`);
  }, 90_000);
  afterAll(() => shop.stop(), 60_000);

  const listed =
    'SELECT trx_rows_modified FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id = CONNECTION_ID()';

  test.each([
    ["UPDATE p SET b = CONCAT(b, 'x') WHERE a <= 7", '7'],
    ['DELETE FROM p WHERE a <= 3', '15'],
    ["REPLACE INTO p VALUES (1, 'y'), (2, 'z')", undefined],
    ['INSERT INTO c SELECT a + 1000, up FROM c', '200'],
    ["UPDATE p SET b = REPEAT('long ', 9000)", '50'],
  ])('the report says what the list of transactions says: %s', async (sql, count) => {
    const session = new MariadbSession(shop.account);
    await session.control('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ WRITE');
    const [own] = await session.own('SELECT CONNECTION_ID()');
    const report = async (): Promise<number | undefined> =>
      rowsChangedBy(
        engine,
        String(own?.[0]),
        String((await session.own('SHOW ENGINE INNODB STATUS'))[0]?.[2]),
      );
    // Nothing changed is not told from nothing known.
    expect(await report()).toBeUndefined();
    await session.own(sql);
    const said = await report();
    // The list is from a copy, renewed when nobody looked for a tenth of a second.
    await new Promise((done) => setTimeout(done, 150));
    const [row] = await session.own(listed);
    expect(String(said)).toBe(String(row?.[0]));
    if (count !== undefined) expect(String(said)).toBe(count);
    await session.takeBack();
  });
});

const begin = '\n=====================================\nLIST OF TRANSACTIONS FOR EACH SESSION:\n';
const ours = `---TRANSACTION 23, ACTIVE 0 sec
2 lock struct(s), heap size 1128, 1 row lock(s), undo log entries 4
MariaDB thread id 7, OS thread handle 140, query id 30 localhost owner starting
SHOW ENGINE INNODB STATUS
`;
const other = ours.replaceAll('thread id 7,', 'thread id 8,').replaceAll('entries 4', 'entries 9');
const end = '----------------------------\nEND OF INNODB MONITOR OUTPUT\n============================\n';

test('a report that says it beyond doubt is believed', () => {
  expect(rowsChangedBy('mariadb', '7', begin + ours + end)).toBe(4);
  expect(rowsChangedBy('mariadb', '7', begin + other + ours + other + end)).toBe(4);
  expect(rowsChangedBy('mariadb', '7', begin + ours.replace('2 lock', 'mysql tables in use 1, locked 1\n2 lock') + end)).toBe(4); // prettier-ignore
  const quoting = other.replace('SHOW ENGINE INNODB STATUS', '---TRANSACTION 1, ACTIVE 0 sec\n2 lock struct(s), heap size 1128, 1 row lock(s), undo log entries 1'); // prettier-ignore
  expect(rowsChangedBy('mariadb', '7', begin + quoting + ours + end)).toBe(4);
});

test.each([
  ['cut at its end', begin + ours],
  ['cut in its middle', begin + ours.slice(0, 60) + end],
  ['too long to be whole', begin + ours + 'x'.repeat(900_000) + end],
  ['with the mark of what was left out', `${begin}... truncated...\n${ours}${end}`],
  ['without the session', begin + other + end],
  ['with a statement that names the session', begin + other.replace('SHOW', ours) + ours + end],
  ['with a statement that names it alone', begin + other.replace('SHOW', ours) + end.replace('END', 'end')],
  ['with its number in a statement', begin + ours.replace('SHOW', 'thread id 7, SHOW') + end],
  ['with words before its name', begin + ours.replace('MariaDB thread', 'x MariaDB thread') + end],
  ['by another server', begin + ours.replace('MariaDB thread', 'MySQL thread') + end],
  ['that counts nothing', begin + ours.replace(', undo log entries 4', '') + end],
  ['that counts otherwise', begin + ours.replace('undo log entries', 'undo records') + end],
  ['of a transaction that is over', begin + ours.replace('ACTIVE 0 sec', 'not started') + end],
  ['that counts twice', begin + ours.replace('MariaDB', '2 lock struct(s), heap size 1128, 1 row lock(s), undo log entries 5\nMariaDB') + end],
])('a report %s is not', (_, report) => {
expect(rowsChangedBy('mariadb', '7', report)).toBeUndefined();
}); // prettier-ignore
