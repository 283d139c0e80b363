import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Reader } from '../src/postgres/reader.ts';
import type { Standing } from '../src/postgres/reader.ts';
import { Readers } from '../src/postgres/readers.ts';
import { bounds, startTraps } from './postgres-reading.ts';
import type { Shop } from './postgres-server.ts';

let shop: Shop;
let standing: Standing;
beforeAll(async () => {
  ({ shop, standing } = await startTraps());
}, 120_000);
afterAll(() => shop.stop(), 60_000);

/** Everything that can be seen of a session from inside: what two that are as fresh have in common. */
async function traits({ session }: Reader): Promise<string> {
  const { rows } = await session.query(
    `SELECT (SELECT json_agg(json_build_array(name, setting, source) ORDER BY name) FROM pg_settings),
       (SELECT json_agg(name) FROM pg_prepared_statements), (SELECT json_agg(name) FROM pg_cursors),
       (SELECT json_agg(x) FROM pg_listening_channels() AS x), pg_my_temp_schema(), current_user, session_user,
       (SELECT json_agg(json_build_array(locktype, mode) ORDER BY locktype, mode) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype <> 'virtualxid'
         AND relation IS NULL)`,
  );
  return JSON.stringify(rows);
}

/** Texts that leave something in the session they run in, sent past every check of ours. */
const leavings: readonly (readonly string[])[] = [
  ["SELECT set_config('search_path', 'pg_temp', false)", 'COMMIT'],
  ["SELECT set_config('TimeZone', 'Asia/Tokyo', false)"],
  ["SET TimeZone = 'Asia/Tokyo'", 'COMMIT'],
  ['SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE', 'COMMIT'],
  ['SET default_transaction_read_only = off', 'COMMIT'],
  ["SET my.own = 'x'", 'COMMIT'],
  ['SET statement_timeout = 0', 'COMMIT'],
  ['SET client_encoding = LATIN1', 'COMMIT'],
  ['PREPARE left_over AS SELECT 1'],
  ['DECLARE left_over CURSOR WITH HOLD FOR SELECT 1', 'COMMIT'],
  ['LISTEN left_over', 'COMMIT'],
  ['SELECT pg_advisory_lock(1)'],
  ['SELECT pg_advisory_lock(1)', 'COMMIT'],
  ['COMMIT', 'BEGIN READ WRITE', 'CREATE TEMP TABLE t (a int)', 'COMMIT'],
  ['COMMIT', 'BEGIN READ WRITE', 'CREATE TEMP VIEW t AS SELECT 99 AS a', 'COMMIT'],
  ['COMMIT', 'BEGIN READ WRITE', 'CREATE FUNCTION pg_TEMP.f() RETURNS int LANGUAGE sql RETURN 1', 'COMMIT'],
  ['COMMIT', 'SET ROLE guest'],
  ['COMMIT', 'BEGIN READ WRITE'],
  ['COMMIT'],
  ['SAVEPOINT left_over'],
  ['SELECT lo_create(424242)', 'SELECT lo_open(424242, 262144)'],
]; // prettier-ignore

describe('what a statement leaves in a session is not there for the next', () => {
  for (const texts of leavings) {
    test(texts.join('; '), async () => {
      const readers = new Readers(shop.account('reader'), true);
      const used = await readers.take(standing, bounds);
      const fresh = await traits(used);
      // A member of another role is refused, so that it can only be taken between two reads.
      await shop.sql('GRANT guest TO reader');
      try {
        for (const text of texts) await used.session.query(text);
      } finally {
        await shop.sql('REVOKE guest FROM reader');
      }
      await readers.giveBack(used);
      await readers.settled();
      const next = await readers.take(standing, bounds);
      // What is temporary keeps its schema, and so its session is ended; the rest is taken back.
      expect(next.session.pid === used.session.pid).toBe(!texts.join().includes('TEMP'));
      expect(await traits(next)).toBe(fresh);
      await next.end();
      await readers.close();
    });
  }

  test('and a session in which something stays is ended', async () => {
    const readers = new Readers(shop.account('reader'), true);
    const used = await readers.take(standing, bounds);
    for (const text of ['COMMIT', 'BEGIN READ WRITE', 'CREATE TEMP TABLE t (a int)', 'COMMIT'])
      await used.session.query(text);
    await readers.giveBack(used);
    await readers.settled();
    const next = await readers.take(standing, bounds);
    expect(next.session.pid).not.toBe(used.session.pid);
    await next.end();
    await readers.close();
  });
});

describe('a session is looked at before each transaction, whatever was to be taken back', () => {
  const seen: readonly (readonly string[])[] = [
    ["SET TimeZone = 'Asia/Tokyo'"],
    ["SET search_path = 'pg_temp'"],
    ['SET default_transaction_read_only = off'],
    ['PREPARE left_over AS SELECT 1'],
    ['DECLARE left_over CURSOR WITH HOLD FOR SELECT 1'],
    ['LISTEN left_over'],
    ['SET transaction_read_only = off', 'CREATE TEMP TABLE left_over (a int)'],
    ['SET ROLE guest'],
  ];
  test.each(seen)('%s', async (...texts) => {
    await shop.sql('GRANT guest TO reader');
    const reader = await Reader.open(shop.account('reader'), 'public');
    const rights = reader.begin(standing, bounds());
    await expect(rights).rejects.toMatchObject({ code: 'target/account-writes' });
    await shop.sql('REVOKE guest FROM reader');
    await reader.session.query('ROLLBACK');
    await shop.sql('GRANT guest TO reader');
    for (const text of ['BEGIN', ...texts, 'COMMIT']) await reader.session.query(text);
    await shop.sql('REVOKE guest FROM reader');
    await expect(reader.begin(standing, bounds())).rejects.toThrow('session is not as it began');
    await reader.end();
  });
});

/** Values of which a setting that is a text takes one, unless it stands below. */
const someTexts = [
  'Asia/Tokyo',
  'LATIN1',
  'german',
  'SQL, DMY',
  'pg_default',
  'view',
  'Australia',
  'pg_catalog.simple',
  'reader',
  'x',
  '',
];
/** Nobody can set them to anything else here: they name what there is none of, or only one. */
const oneValue: readonly string[] = [
  'default_table_access_method',
  'lc_messages',
  'lc_monetary',
  'lc_numeric',
  'lc_time',
];

/** Returns other values of a setting than the one it has, the first to be tried first. */
function otherValues([, setting, type, enums, least, most]: readonly (string | null)[]): string[] {
  switch (type) {
    case 'bool':
      return [setting === 'on' ? 'off' : 'on'];
    case 'enum':
      return (JSON.parse(enums ?? '[]') as string[]).filter((value) => value !== setting);
    case 'string':
      return someTexts.filter((value) => value !== setting);
    default:
      return [most ?? '', least ?? ''].filter((value) => value !== setting);
  }
}

test('of every setting that the account may set nothing is left', async () => {
  const readers = new Readers(shop.account('reader'), true);
  const reader = await readers.take(standing, bounds);
  await reader.session.query('ROLLBACK');
  const fresh = await traits(reader);
  const { rows } = await reader.session.query(
    `SELECT name, setting, vartype, array_to_json(enumvals), min_val, max_val FROM pg_settings WHERE name NOT LIKE 'transaction_%'
       AND (context = 'user' OR has_parameter_privilege(name, 'SET')) ORDER BY name`,
  );
  const change = async (name: string, value: string): Promise<boolean> => {
    const quoted = value.replaceAll("'", "''");
    const set = await reader.session.query(`SET ${name} = '${quoted}'`).then(
      () => true,
      () => false,
    );
    return (
      set &&
      (await reader.session.first(`SELECT source FROM pg_settings WHERE name = $1`, [name])) === 'session'
    );
  };
  const unchanged: string[] = [];
  let count = 0;
  for (const row of rows) {
    const name = row[0] ?? '';
    let changed = false;
    for (const value of otherValues(row)) changed ||= await change(name, value);
    await reader.reset();
    expect(await traits(reader), name).toBe(fresh);
    if (changed) count += 1;
    else unchanged.push(name);
  }
  expect(count).toBeGreaterThan(100);
  expect(unchanged.filter((name) => !oneValue.includes(name))).toEqual([]);
  for (const text of [
    "SET my.own = 'x'",
    'SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE, DEFERRABLE',
  ])
    await reader.session.query(text);
  await reader.reset();
  expect(await traits(reader)).toBe(fresh);
  expect(await reader.session.first("SELECT current_setting('my.own', true)")).toBe('');
  await reader.begin(standing, bounds());
  await readers.end(reader);
  await readers.close();
}, 60_000);
