import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { classify } from '@countersign/sql';
import { hasMysql } from '../../../test/servers/mysql.ts';
import { builtInFunctions, isNotEverywhere } from '../src/mysql/functions.ts';
import { BARE_FUNCTIONS, NO_SPACE_FUNCTIONS, RESERVED } from '../src/mysql/words.ts';
import { FUZZ_TIMEOUT_MS, FuzzCount, fuzzEffort, mutations, piecesOf } from './mutation.ts';
import { mysqlCatalog, ordinaryOf, textOf, vectorsOf } from './mysql-files.ts';
import { Watch } from './mysql-watch.ts';

const { fixture, vectors } = vectorsOf('mysql');
const catalog = mysqlCatalog('mysql');
const ordinary = ordinaryOf('mysql').statements;
const usualMode =
  'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';

/** Texts that are called a read with the fixture's catalogue, in the mode that each is read in. */
const claimed = [
  ...vectors.map((vector) => ({
    sql: textOf(vector),
    mode: vector.sql_mode ?? usualMode,
    parameters: undefined,
  })),
  ...ordinary.map(({ sql, parameters }) => ({ sql, mode: usualMode, parameters })),
].filter(({ sql, mode }) => classify(sql, 'mysql', { ...catalog, sqlMode: mode }).readOnly);

test('the files hold texts to ask a server of MySQL about', () => {
  expect(claimed.length).toBeGreaterThan(200);
});

test('a stored function that has the name of a built-in one is not taken for it', () => {
  for (const name of ['md5', 'concat', 'now']) {
    const sql = `SELECT ${name}(1)`;
    const made = new Map([[`shop.${name}`, { harmless: false }]]);
    expect(classify(sql, 'mysql', { ...catalog, functions: made })).toMatchObject({ effect: 'unknown' });
    expect(classify(sql, 'mysql', { ...catalog, functions: new Map() })).toMatchObject({ effect: 'read' });
    // Another database's is not called by the bare name.
    const elsewhere = new Map([[`other.${name}`, { harmless: false }]]);
    expect(classify(sql, 'mysql', { ...catalog, functions: elsewhere }).readOnly).toBe(true);
  }
  expect(classify('SELECT md5(1), sha2(1, 256)', 'mysql').assumes.functions).toEqual(['md5']);
  expect(classify('SELECT md5(1)', 'mariadb').assumes.functions).toEqual([]);
});

// Debian's unstable suite alone has MySQL; a machine without it still has the manual's word and MariaDB's.
describe.each(hasMysql ? ['MySQL'] : [])('%s', () => {
  let watch: Watch;

  beforeAll(async () => {
    watch = await Watch.start(fixture);
  }, 240_000);

  afterAll(() => watch.stop());

  test('changes nothing by what is called a read', { timeout: 300_000 }, async () => {
    for (const { sql, mode, parameters } of claimed) {
      const { what } = await watch.observe(sql, mode, parameters);
      expect([sql, what]).toEqual([sql, []]);
    }
  });

  test('calls no stored function by a name on the lists', { timeout: 300_000 }, async () => {
    await watch.run('CREATE DATABASE named; USE named; CREATE TABLE called (name varchar(64))');
    for (const name of builtInFunctions('mysql')) {
      const apart = !NO_SPACE_FUNCTIONS.has(name) && !RESERVED.mysql.has(name) && !BARE_FUNCTIONS.has(name);
      for (let count = 0; count <= 4; count += 1) {
        const parameters = Array.from({ length: count }, (_, index) => `p${index} int`).join(', ');
        const values = Array(count).fill('1').join(', ');
        const body = `BEGIN INSERT INTO called VALUES ('${name}'); RETURN 1; END`;
        expect(
          await watch.run(`CREATE FUNCTION \`${name}\`(${parameters}) RETURNS int ${body}`),
        ).toBeUndefined();
        await watch.run(`SELECT ${name}(${values})`);
        if (apart) await watch.run(`SELECT ${name} (${values})`);
        expect(await watch.run(`DROP FUNCTION \`${name}\``)).toBeUndefined();
      }
    }
    const called = await watch.ask('SELECT DISTINCT name FROM called');
    await watch.run('USE shop; DROP DATABASE named');
    expect(called.filter(([name]) => !isNotEverywhere(name ?? '', 'mysql'))).toEqual([]);
  });

  test('takes for a name what is read as one', async () => {
    const words = await watch.ask('SELECT lower(word) FROM information_schema.keywords');
    expect(words.length).toBeGreaterThan(600);
    for (const [word = ''] of words as string[][]) {
      if (RESERVED.mysql.has(word)) continue;
      const sql = `SELECT ${word} FROM (SELECT 'own' AS \`${word}\`) q`;
      const refused = (await watch.run(sql)) !== undefined;
      expect([word, refused ? [['own']] : await watch.ask(sql)]).toEqual([word, [['own']]]);
    }
  });

  test(
    'spliced together, nothing that changes it is called a read',
    { timeout: FUZZ_TIMEOUT_MS },
    async () => {
      const count = new FuzzCount();
      const corpus = [
        ...vectors.map(textOf).filter((sql) => sql.length < 500),
        ...ordinary.map(({ sql }) => sql),
      ];
      const between = ['', ' ', ';', '/**/', '-- \n', ' UNION ', '(', ')', 'ANALYZE ', ' WHERE ', ':='];
      const run = async (sql: string): Promise<void> => {
        count.texts += 1;
        if (!classify(sql, 'mysql', { ...catalog, sqlMode: usualMode }).readOnly) return;
        count.reads += 1;
        const { error, what } = await watch.observe(sql, usualMode);
        if (error === undefined) count.taken += 1;
        expect([sql, what]).toEqual([sql, []]);
      };
      await fc.assert(
        fc.asyncProperty(mutations(piecesOf(corpus), between), run),
        fuzzEffort(20_261_129, 1500),
      );
      count.report('mysql');
      expect(count.taken).toBeGreaterThan(20);
    },
  );
});
