import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Reader } from '../src/postgres/reader.ts';
import type { Begun, Standing } from '../src/postgres/reader.ts';
import type { Answer } from '../src/postgres/session.ts';
import { bounds, startTraps } from './postgres-reading.ts';
import { statement } from './temporary-database.ts';
import type { Shop } from './postgres-server.ts';

let shop: Shop;
let standing: Standing;
beforeAll(async () => {
  ({ shop, standing } = await startTraps());
}, 120_000);
afterAll(() => shop.stop(), 60_000);

/** Takes a lock that outlives its transaction, so that it shows whether it ran. */
const trace = 'SELECT pg_advisory_lock(4711), current_setting($1)';

async function ran(): Promise<boolean> {
  return (await shop.sql('SELECT count(*) FROM pg_locks WHERE objid = 4711'))[0]?.[0] !== '0';
}

function ahead(reader: Reader, place: Standing = standing): Promise<Begun<Answer> | undefined> {
  return reader.beginWith(place, bounds(), () => reader.session.query(trace, ['transaction_read_only']));
}

/** A session that was found good twice, with nothing committed in between. */
async function openSteady(): Promise<Reader> {
  const reader = await Reader.open(shop.account('reader'), 'public');
  for (let turn = 0; turn < 2; turn += 1) {
    await reader.begin(standing, bounds());
    await reader.reset();
  }
  return reader;
}

test('a read goes at once behind the opening of a session that stands as it did, and has the limits of every read', async () => {
  const reader = await openSteady();
  const moment = await reader.begin(standing, bounds());
  await reader.reset();
  for (let turn = 0; turn < 3; turn += 1) {
    const begun = await ahead(reader);
    expect((await begun?.reading)?.rows).toEqual([['', 'on']]);
    expect(begun?.moment.text).toBe(moment.text);
    expect(await reader.session.first('SHOW statement_timeout')).toBe('10s');
    expect(await ran()).toBe(true);
    await reader.reset();
    expect(await ran()).toBe(false);
  }
  expect(reader.uses).toBe(6);
  await reader.end();
});

test('nothing is sent in a session that was not found good twice, nor for another database', async () => {
  const reader = await Reader.open(shop.account('reader'), 'public');
  const read = vi.fn(() => Promise.resolve());
  expect(await reader.beginWith(standing, bounds(), read)).toBeUndefined();
  await reader.begin(standing, bounds());
  await reader.reset();
  expect(await reader.beginWith(standing, bounds(), read)).toBeUndefined();
  await reader.begin(standing, bounds());
  await reader.reset();
  const elsewhere = { ...standing, place: [...standing.place.slice(0, -1), 'elsewhere'] };
  expect(await reader.beginWith(elsewhere, bounds(), read)).toBeUndefined();
  expect(read).not.toHaveBeenCalled();
  expect(await reader.beginWith(standing, bounds(), read)).toBeDefined();
  await reader.end();
});

const held: readonly (readonly string[])[] = [
  ['SET search_path = pg_temp, public'],
  ["SET TimeZone = 'Asia/Tokyo'"],
  ['SET row_security = off'],
  ['SET default_transaction_read_only = off'],
  ['PREPARE left_over AS SELECT 1'],
  ['DECLARE left_over CURSOR WITH HOLD FOR SELECT 1'],
  ['LISTEN left_over'],
  ['SET transaction_read_only = off', 'CREATE TEMP TABLE t (a int)'],
];
test.each(held)('the server runs no read in a session that holds something: %s', async (...texts) => {
  const reader = await openSteady();
  for (const text of ['BEGIN', ...texts, 'COMMIT']) await reader.session.query(text);
  expect(await ahead(reader)).toBeUndefined();
  expect(await ran()).toBe(false);
  await expect(reader.begin(standing, bounds())).rejects.toThrow('session is not as it began');
  await reader.end();
});

test('the server runs no read once anything was committed, until the rights were asked for anew', async () => {
  const reader = await openSteady();
  await shop.sql('GRANT INSERT ON t TO reader');
  expect(await ahead(reader)).toBeUndefined();
  expect(await ran()).toBe(false);
  await expect(reader.begin(standing, bounds())).rejects.toMatchObject({ code: 'target/account-writes' });
  await shop.sql('REVOKE INSERT ON t FROM reader');
  await reader.reset();
  for (const expected of [undefined, undefined, [['', 'on']]]) {
    const begun = await ahead(reader);
    expect((await begun?.reading)?.rows).toEqual(expected);
    if (begun === undefined) await reader.begin(standing, bounds());
    await reader.reset();
  }
  await reader.end();
});

test('operators of the database have no part in the comparison', async () => {
  await shop.sql(
    `CREATE FUNCTION yes(text, text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';
     CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = yes)`,
    'owner',
  );
  const nearer = { ...standing, path: 'public, pg_catalog' };
  const reader = await Reader.open(shop.account('reader'), nearer.path);
  for (let turn = 0; turn < 2; turn += 1) {
    await reader.begin(nearer, bounds());
    await reader.reset();
  }
  await reader.session.query("SET TimeZone = 'Asia/Tokyo'");
  expect(await ahead(reader)).toBeUndefined();
  expect(await ran()).toBe(false);
  await reader.end();
  await shop.sql('DROP OPERATOR public.= (text, text); DROP FUNCTION yes(text, text)', 'owner');
});

test('a read that fails by itself says so, and a lost session is no reason to send it again', async () => {
  const reader = await openSteady();
  const failing = await reader.beginWith(standing, bounds(), () => reader.session.query('SELECT 1 / 0'));
  await expect(failing?.reading).rejects.toMatchObject({ code: '22012' });
  await reader.session.query('ROLLBACK');
  await reader.begin(standing, bounds());
  await reader.reset();
  const lost = reader.beginWith(standing, bounds(), () => reader.session.query('SELECT pg_sleep(5)'));
  const begun = await lost;
  await shop.sql(`SELECT pg_terminate_backend(${reader.session.pid}, 5000)`);
  await expect(begun?.reading).rejects.toThrow();
  await expect(ahead(reader)).rejects.toThrow();
  await reader.end();
});

test('reads of a server on which nothing is committed wait for no answer before they are sent', async () => {
  const begin = vi.spyOn(Reader.prototype, 'begin');
  const answers = [];
  for (let turn = 0; turn < 30; turn += 1)
    answers.push(await shop.staying.read([statement('SELECT a FROM t WHERE a = 1')]));
  expect(answers.every(({ results }) => results[0]?.rows.length === 1)).toBe(true);
  // Some are the first ones of a session, and the server may write by itself.
  expect(begin.mock.calls.length).toBeLessThan(15);
  begin.mockRestore();
});
