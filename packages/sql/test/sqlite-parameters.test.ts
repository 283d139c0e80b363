import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { sqliteParameters } from '@countersign/sql';

const engine = new DatabaseSync(':memory:');
afterAll(() => {
  engine.close();
});

/** What the engine puts at its first, second, … place when each name is given its position in `names`. */
function numbered(sql: string, names: readonly string[]): readonly unknown[] {
  const places = names.map((_, index) => `?${index + 1}`);
  const statement = engine.prepare([sql, ...places].join(', '));
  statement.setReturnArrays(true);
  const given = names.map((name, index) => [name, index + 1] as const);
  statement.setAllowBareNamedParameters(false);
  const byName = Object.assign(Object.create(null) as Record<string, number>, Object.fromEntries(given));
  const row = statement.get(byName) as unknown as readonly unknown[];
  return row.slice(row.length - names.length);
}

const known: readonly (readonly [sql: string, names: readonly string[]])[] = [
  ['SELECT :a', [':a']],
  ['SELECT :b, :a, :b', [':b', ':a']],
  ['SELECT :a, @a, $a, :A', [':a', '@a', '$a', ':A']],
  [
    "SELECT ':a', \":b\", `:c`, [:d] , 'it''s :e', :f FROM (SELECT 1 AS \":b\", 2 AS ':c', 3 AS ':d')",
    [':f'],
  ],
  ['SELECT 1 -- :a\n, /* :b */ :c /* :d', [':c']],
  ['SELECT 1:a', [':a']],
  ['SELECT -:a+:b||:c', [':a', ':b', ':c']],
  ['SELECT :1, :a1$b, :é, :__proto__', [':1', ':a1$b', ':é', ':__proto__']],
  ["SELECT x'00', :a", [':a']],
];

test.each(known)('%s', (sql, names) => {
  expect(sqliteParameters(sql)).toEqual({ marks: 0, numbered: false, names });
});

test('the engine numbers names as they first appear', () => {
  const atoms = fc.constantFrom(
    ...[':a', '@a', '$a', ':b', ':B', ':a1', ':1', '@é', '$x$y', "':a'", "'it''s @b'", '1', 'NULL'],
    ...["x'00'", '(1)', '1.5', '.5', '1e3', '-1'],
  );
  const gaps = fc.constantFrom('', ' ', '\n', '/* :c */', '-- @c\n', "/* ' */", '\t');
  const item = fc.tuple(gaps, atoms, gaps).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 12 }), (items) => {
      const sql = `SELECT ${items.join(',')}`;
      const { names, marks, numbered: others } = sqliteParameters(sql) ?? { names: [], marks: -1 };
      expect([marks, others]).toEqual([0, false]);
      expect(numbered(sql, names)).toEqual(names.map((_, index) => index + 1));
    }),
    { numRuns: 500 },
  );
});

test('other places are told apart', () => {
  expect(sqliteParameters("SELECT ?, '?', ?")).toEqual({ marks: 2, numbered: false, names: [] });
  expect(sqliteParameters('SELECT ?1, :a')).toEqual({ marks: 0, numbered: true, names: [':a'] });
  expect(sqliteParameters('SELECT #a')).toEqual({ marks: 0, numbered: true, names: [] });
  expect(sqliteParameters('SELECT ?, :a')).toEqual({ marks: 1, numbered: false, names: [':a'] });
});

// The engine takes `$a(…)` and `:a::b` for names with whatever stands in them.
test.each(['SELECT $a(b)', 'SELECT :a::b', "SELECT ':a", 'SELECT :', 'SELECT :\u202ea'])(
  'of %j nothing is said',
  (sql) => {
    expect(sqliteParameters(sql)).toBeUndefined();
  },
);
