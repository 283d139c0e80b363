import { postgresParser } from '@countersign/program';
import { postgresSoughtRows, provideParser } from '@countersign/sql';
import type { SoughtComparison } from '@countersign/sql';
import { beforeAll, expect, test } from 'vitest';

beforeAll(() => {
  provideParser(postgresParser);
});

function shown({ column, operator, values }: SoughtComparison): string {
  const given = values.map((value) => (value.kind === 'text' ? `'${value.text}'` : `$${value.number}`));
  return `${column} ${operator} ${given.join(',')}`;
}

const shownIn = (sql: string): string[] =>
  postgresSoughtRows(sql).map(({ schema, table, comparisons }) =>
    [`${schema}.${table}`, ...comparisons.map(shown)].join('; '),
  );

test.each([
  ['UPDATE t SET a = 1 WHERE id = 5', ["'5'"].map((value) => `.t; id any ${value}`)],
  ['DELETE FROM s.t WHERE t.id IN (0, -1, $2)', ["s.t; id any '0','-1',$2"]],
  ['DELETE FROM t AS x WHERE x."Id" = $1 AND t.other = 2 AND lower(v) = $3', ['.t; Id any $1']],
  ["UPDATE t SET a = 1 WHERE 5 < id AND v <= 'it''s' AND w >= 1.50", [".t; id > '5'; v <= 'it's'; w >= '1.50'"]],
  ['UPDATE t SET a = 1 WHERE id BETWEEN 1 AND 2::bigint AND b = true AND c = false', [".t; id >= '1'; id <= '2'; b any 'true'; c any 'false'"]],
  ["DELETE FROM t WHERE id = ANY ($1) AND v = ANY (ARRAY['a', ''])", [".t; id array $1; v any 'a',''"]],
  ['DELETE FROM t WHERE id = 1 OR id = 2', ['.t']],
  ['DELETE FROM t WHERE NOT id = 1', ['.t']],
  ['DELETE FROM t WHERE id <> 1 AND id NOT IN (2) AND id NOT BETWEEN 1 AND 2', ['.t']],
  ['DELETE FROM t WHERE id <> ANY ($1) AND id = ALL ($1) AND id IS NULL AND id = NULL', ['.t']],
  ['DELETE FROM t WHERE id = now() AND id = other AND id IN (1, other) AND id OPERATOR(s.=) 1', ['.t']],
  ['DELETE FROM t WHERE (t).id = 1 AND t.a[1] = 2 AND t.* = 3', ['.t']],
  ["INSERT INTO t (id, v) VALUES (1, 'a'), (2, upper('b')) ON CONFLICT (id) DO NOTHING", [".t; id any '1','2'"]],
  ['INSERT INTO t VALUES (1)', ['.t']],
  ['INSERT INTO t (id) SELECT 1', ['.t']],
  ['WITH x AS (DELETE FROM a WHERE id = 1 RETURNING *) UPDATE b SET v = 1 FROM x WHERE b.id = 2 AND x.id = 3', [".a; id any '1'", ".b; id any '2'"]],
  ['MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE', ['.t']],
  ['SELECT 1 FROM t WHERE id = 5', []],
  ['CREATE TABLE t (id int)', []],
  ['UPDATE t SET', []],
])('%s', (sql, expected) => {
  expect(shownIn(sql)).toEqual(expected);
}); // prettier-ignore
