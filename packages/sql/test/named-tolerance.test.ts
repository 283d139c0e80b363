import { expect, test } from 'vitest';
import { driftingColumns, namedRelations, toleranceIn, type Catalog, type Dialect } from '@countersign/sql';

/** Tables as each engine's catalogue and its diffs name them; a column that may drift, as policy writes it. */
const tables: readonly (readonly [Dialect, key: string, table: string, columns: readonly string[], name: string])[] = [
  ['sqlite', 'main.Customers', 'Customers', ['id', 'Last_Seen'], 'main.customers.last_seen'],
  ['sqlite', 'main.order details', 'order details', ['id', 'seen at'], 'main."order details"."seen at"'],
  ['postgres', 'public.t', 'public.t', ['id', 'seen'], 'public.t.seen'],
  ['postgres', '"Odd.Name"."T x"', '"Odd.Name"."T x"', ['id', 'a b'], '"Odd.Name"."T x"."a b"'],
  ['mariadb', 'shop.t', 'shop.t', ['id', 'Seen'], 'shop.t.seen'],
  ['mysql', 'shop."T x"', 'shop."T x"', ['id', 'Seen'], 'shop."T x".seen'],
]; // prettier-ignore

test.each(tables)(
  '%s: %s is found in a diff under the name that facts use',
  (engine, key, table, columns, name) => {
    const catalog: Catalog = {
      tables: new Map([[key, { kind: 'table', columns, keys: ['id'] }]]),
      triggers: [],
    };
    const [relation] = namedRelations(engine, catalog).values();
    expect([relation?.columns.has(name), relation?.keys.has(name), relation?.keys.size]).toEqual([
      true,
      false,
      1,
    ]);
    const { columns: named } = toleranceIn([['may_drift', `other.t.seen, ${name}`]]);
    expect([...driftingColumns({ columns: named }, engine, [{ table, columns }])]).toEqual([[table, [1]]]);
    expect(driftingColumns({ columns: named }, engine, [{ table: 'other', columns: ['id'] }]).size).toBe(0);
  },
);

test('what is not in the form of a tolerance lets nothing differ', () => {
  expect(toleranceIn([])).toEqual({ columns: [], fewerRows: false });
  for (const value of ['', 'yes', 'TRUE', 'true ']) {
    expect(toleranceIn([['fewer_rows', value]])).toEqual({ columns: [], fewerRows: false });
  }
  expect(toleranceIn([['fewer_rows', 'true']])).toEqual({ columns: [], fewerRows: true });
});
