import type { Chance } from './chance.ts';

/** Literals by column of `m`: those that a type writes in more than one way, its edges, and what is equal without being the same. */
const literals: Readonly<Record<string, readonly string[]>> = {
  price: ['NULL', '0', '1.10', '1.1', '-0.000', "'NaN'", '12345678901234567890.123456789', '1e-20'],
  cents: ['NULL', '0', '9.99', '-12345678.90'],
  big: ['NULL', '9007199254740993', '-9223372036854775808', '7'],
  raw: ['NULL', String.raw`'\x'`, String.raw`'\x00ff5c'`, "decode(repeat('ab', 3000), 'hex')"],
  at: ['NULL', "'2026-03-29 01:30:00.123456+01'", "'infinity'", "'0044-03-15 12:00:00+00 BC'", "'epoch'"],
  day: ['NULL', "'2024-02-29'", "'-infinity'"],
  span: ['NULL', "'1 mon -3 days 04:05:06.7'", "'30 days'", "'1 month'"],
  doc: ['NULL', `'{"b": 1, "a":  1.0, "a": 2}'`, "'null'", String.raw`'"\u00e9\\"'`],
  docb: ['NULL', `'{"b": 1, "a": 1.0}'`, `'{"a": 1.00, "b": 1}'`, "'[]'"],
  tags: ['NULL', "'{}'", `'{a,NULL,"NULL","","x,y{}"}'`, String.raw`'{"\\","\""}'`, "ARRAY['ü', ' a ']"],
  grid: ['NULL', "'{{1,2},{3,4}}'", "'[0:1]={5,6}'"],
  blobs: ['NULL', String.raw`ARRAY['\x00'::bytea, NULL, '\x5c22']`],
  yes: ['NULL', 'true', 'false'],
  f: ['NULL', '0', "'-0'", "'NaN'", "'Infinity'", '1e300', '0.1', '1e21', '100'],
  r: ['NULL', '0.1', '16777217', "'-Infinity'", '1e-40'],
  feel: ['NULL', "'sad'", "'quite happy'"],
  u: ['NULL', "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'00000000-0000-0000-0000-000000000000'"],
  net: ['NULL', "'10.1.2.3/8'", "'::1'"],
  scope: ['NULL', "'[1,5)'", "'empty'", "'(,3]'"],
};

/** Keys of `k`, by their type. */
const keys: Readonly<Record<string, readonly string[]>> = {
  numeric: ['1', '2.50', '-0.1', '12345678901234567890', "'NaN'"],
  bytea: [String.raw`'\x'`, String.raw`'\x00'`, String.raw`'\xff27'`, String.raw`'\x5c'`],
  timestamptz: ["'epoch'", "'infinity'", "'2026-01-01 00:00:00.000001+00'", "'2026-06-01 12:00+02'"],
  uuid: ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'00000000-0000-0000-0000-000000000000'"],
  mood: ["'sad'", "'quite happy'", "'fine'"],
  boolean: ['true', 'false'],
  float8: ['0.1', "'-0'", "'NaN'", '1e300', '3'],
  'text[]': ["'{}'", `'{a,"b c"}'`, "'{NULL}'"],
  jsonb: [`'{"a": 1.0}'`, "'[]'", "'null'"],
  'varchar(20)': ["'a''b'", "'ü'", "''", String.raw`'\'`],
  'char(4)': ["'a'", "'ab  '", "''"],
};

/** Tables of every kind of column: `m` whose key the engine makes, `k` with a key that is no whole number. */
export function typedSchema(chance: Chance): string[] {
  const type = chance.pick(Object.keys(keys));
  const made = chance.yes(30);
  const texts = [
    "CREATE TYPE mood AS ENUM ('sad', 'fine', 'quite happy')",
    `CREATE TABLE m (id bigint GENERATED ${chance.pick(['ALWAYS', 'BY DEFAULT'])} AS IDENTITY PRIMARY KEY, v text, price numeric, cents numeric(10, 2),
       big bigint, raw bytea, at timestamptz${made ? ' DEFAULT now()' : ''}, day date, span interval, doc json, docb jsonb, tags text[], grid int[], blobs bytea[], yes boolean, f float8, r real,
       feel mood DEFAULT 'fine', u uuid${made ? ' DEFAULT gen_random_uuid()' : ''}, net inet, scope int4range, twice numeric GENERATED ALWAYS AS (price * 2) STORED)`,
    `CREATE TABLE k (id ${type} PRIMARY KEY, v text, n int)`,
  ];
  const columns = Object.keys(literals);
  const row = (): string => columns.map((name) => chance.pick(literals[name] ?? [])).join(', ');
  for (let index = 0; index < 6; index += 1)
    texts.push(`INSERT INTO m (v, ${columns.join(', ')}) VALUES ('m${index}', ${row()})`);
  texts.push(
    ...(keys[type] ?? []).map((key, index) => `INSERT INTO k VALUES (${key}, 'k${index}', ${index})`),
  );
  // After the rows, which need not pass them.
  if (chance.yes(30)) {
    texts.push(
      `CREATE FUNCTION settled() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
         INSERT INTO log SELECT 'settled', count(*) FROM m WHERE yes; UPDATE k SET n = coalesce(n, 0) + 1 WHERE v = 'k0'; RETURN NULL; END$$`,
      `CREATE CONSTRAINT TRIGGER settled AFTER UPDATE OR DELETE ON m DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION settled()`,
    );
  }
  if (chance.yes(20))
    texts.push(
      `CREATE FUNCTION sober() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
         IF EXISTS (SELECT FROM m WHERE feel = 'quite happy' AND yes IS FALSE) THEN RAISE EXCEPTION 'no'; END IF; RETURN NULL; END$$`,
      'CREATE CONSTRAINT TRIGGER sober AFTER INSERT OR UPDATE ON m DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sober()',
    );
  return texts;
}

/** One statement on `m` or `k`. */
export function typedStatement(chance: Chance): string {
  const columns = Object.keys(literals);
  const some = (): string[] => columns.filter(() => chance.yes(25));
  const value = (name: string): string => chance.pick(literals[name] ?? []);
  const where = (): string =>
    chance.pick([
      `id = ${chance.below(8)}`,
      `id IN (${chance.below(8)}, ${chance.below(8)})`,
      'yes',
      'f > 0',
      'price IS NOT NULL',
      "feel = 'sad'",
      "tags @> ARRAY['a']",
      'docb @> \'{"b": 1}\'',
      "at > '2000-01-01'",
      'true',
    ]);
  const set = (): string => {
    const names = some();
    return names.length === 0 ? "v = v || '*'" : names.map((name) => `${name} = ${value(name)}`).join(', ');
  };
  switch (chance.below(9)) {
    case 0: {
      const names = some();
      return `INSERT INTO m (${['v', ...names].join(', ')}) VALUES (${["'new'", ...names.map(value)].join(', ')})`;
    }
    case 1:
      return `INSERT INTO m (id, v, at, u, price) OVERRIDING SYSTEM VALUE VALUES (${chance.below(30)}, 'named', NULL, NULL, ${value('price')}) ON CONFLICT (id) DO ${chance.pick(['NOTHING', 'UPDATE SET price = excluded.price'])}`;
    case 2:
      return `DELETE FROM m WHERE ${where()}`;
    case 3:
      return `UPDATE m SET f = f * 3, price = price / 3, at = at + '1 day', raw = raw || '\\x00', tags = tags || '{z}', yes = NOT yes WHERE ${where()} AND at <> 'infinity'`;
    case 4:
      return `UPDATE k SET v = coalesce(v, '') || '!', n = n + ${chance.below(3)} WHERE n <> ${chance.below(4)}`;
    case 5:
      return `DELETE FROM k WHERE n ${chance.pick(['=', '<', '>'])} ${chance.below(4)}`;
    default:
      return `UPDATE m SET ${set()} WHERE ${where()}`;
  }
}
