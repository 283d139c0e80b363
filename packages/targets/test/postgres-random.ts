import type { Chance } from './chance.ts';
import { typedSchema, typedStatement } from './postgres-random-types.ts';

/** Tables with keys, foreign keys that cascade, triggers, generated columns, partitions and children, chosen by chance. */
export function randomSchema(chance: Chance): string[] {
  const action = (): string => chance.pick(['CASCADE', 'SET NULL', 'NO ACTION', 'SET DEFAULT']);
  const deferred = chance.yes(40) ? ' DEFERRABLE INITIALLY DEFERRED' : '';
  const texts = [
    'CREATE TABLE a (id int PRIMARY KEY, v text, n int)',
    `CREATE TABLE b (id int, sub int, up int DEFAULT 1 REFERENCES a ON DELETE ${action()} ON UPDATE ${action()}${deferred}, v text, PRIMARY KEY (id, sub))`,
    `CREATE TABLE c (up int REFERENCES a ON DELETE ${action()}, v text${chance.yes(50) ? ', twice text GENERATED ALWAYS AS (v || v) STORED' : ''})`,
    'CREATE TABLE p (k int, v text, n int) PARTITION BY RANGE (k)',
    'CREATE TABLE p0 PARTITION OF p FOR VALUES FROM (MINVALUE) TO (5)',
    'CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (5) TO (MAXVALUE)',
    'CREATE TABLE base (id int PRIMARY KEY, v text, n int)',
    'CREATE TABLE heir (more text) INHERITS (base)',
    'CREATE TABLE log (what text, id int)',
  ];
  if (chance.yes(50)) {
    texts.push(
      `CREATE FUNCTION logged() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO log VALUES (TG_OP, coalesce(NEW.n, OLD.n)); RETURN NULL; END$$`,
      `CREATE TRIGGER logged AFTER INSERT OR UPDATE OR DELETE ON ${chance.pick(['a', 'base', 'p'])} FOR EACH ROW EXECUTE FUNCTION logged()`,
    );
  }
  if (chance.yes(40)) {
    texts.push(
      `CREATE FUNCTION tried() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
         BEGIN INSERT INTO log VALUES ('tried', NEW.n); IF NEW.n % 2 = 0 THEN RAISE EXCEPTION 'no'; END IF; EXCEPTION WHEN OTHERS THEN NULL; END;
         NEW.v := NEW.v || '!'; RETURN NEW; END$$`,
      `CREATE TRIGGER tried BEFORE INSERT OR UPDATE ON ${chance.pick(['a', 'base'])} FOR EACH ROW EXECUTE FUNCTION tried()`,
    );
  }
  if (chance.yes(30)) {
    texts.push(
      `CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN UPDATE base SET n = n + 1 WHERE id = 1; RETURN NULL; END$$`,
      'CREATE CONSTRAINT TRIGGER late AFTER INSERT ON c DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late()',
    );
  }
  if (chance.yes(25))
    texts.push("CREATE RULE also AS ON DELETE TO c DO ALSO INSERT INTO log VALUES ('rule', OLD.up)");
  const rows = (make: (index: number) => string): string =>
    Array.from({ length: 8 }, (_, index) => make(index)).join(', ');
  texts.push(
    `INSERT INTO a VALUES ${rows((i) => `(${i}, 'a${i}', ${i})`)}`,
    `INSERT INTO b VALUES ${rows((i) => `(${i % 3}, ${i}, ${i % 5}, 'b${i}')`)}`,
    `INSERT INTO c (up, v) VALUES ${rows((i) => `(${i % 4}, 'c${i % 3}')`)}`,
    `INSERT INTO p VALUES ${rows((i) => `(${i}, 'p${i}', ${i})`)}`,
    `INSERT INTO base VALUES ${rows((i) => `(${i}, 'x${i}', ${i})`)}`,
    `INSERT INTO heir VALUES ${rows((i) => `(${i + 100}, 'h${i}', ${i}, 'more')`)}`,
  );
  return [...texts, ...typedSchema(chance)];
}

/** One statement that changes rows, or none, or fails. */
export function randomStatement(chance: Chance): string {
  return chance.yes(40) ? typedStatement(chance) : plainStatement(chance);
}

function plainStatement(chance: Chance): string {
  const table = (): string => chance.pick(['a', 'base', 'p']);
  const id = (): number => chance.below(14);
  const key = (name: string): string => (name === 'p' ? 'k' : 'id');
  const where = (name: string): string =>
    chance.pick([
      `${key(name)} = ${id()}`,
      `${key(name)} > ${id()}`,
      `n % 2 = ${chance.below(2)}`,
      `v LIKE '%${id()}%'`,
      'true',
    ]);
  const value = (): string =>
    chance.pick(['NULL', "''", `'v${id()}'`, "repeat('long ', 900)", "v || 'x'", 'v']);
  const name = table();
  switch (chance.below(14)) {
    case 0:
      return `INSERT INTO ${name} (${key(name)}, v, n) VALUES (${id()}, 'new', ${id()}), (${id() + 20}, NULL, NULL)`;
    case 1:
      return `INSERT INTO a VALUES (${id()}, 'again', 1) ON CONFLICT (id) DO ${chance.pick(['NOTHING', "UPDATE SET v = a.v || '+', n = excluded.n"])}`;
    case 2:
      return `INSERT INTO ${name} (${key(name)}, v, n) SELECT ${key(name)} + 30, v, n FROM ${name} WHERE ${where(name)}`;
    case 3:
    case 4:
      return `UPDATE ${name} SET v = ${value()} WHERE ${where(name)}`;
    case 5:
      return `UPDATE ${name} SET ${key(name)} = ${key(name)} + ${chance.pick([1, 4, 40])} WHERE ${where(name)}`;
    case 6:
    case 7:
      return `DELETE FROM ${name} WHERE ${where(name)}`;
    case 8:
      return `DELETE FROM c USING a WHERE a.id = c.up AND a.n > ${id()}`;
    case 9:
      return `UPDATE b SET v = a.v, sub = sub + ${chance.below(2)} FROM a WHERE a.id = b.up AND a.id < ${id()}`;
    case 10:
      return `INSERT INTO c (up, v) VALUES (${id()}, 'c1'), (NULL, 'c1')`;
    case 11:
      return `WITH gone AS (DELETE FROM base WHERE id < ${id()} RETURNING id, v), kept AS (UPDATE a SET v = 'w' WHERE id > ${id()} RETURNING id) INSERT INTO log SELECT v, id FROM gone UNION ALL SELECT 'kept', id FROM kept`;
    case 12:
      return `MERGE INTO a USING base ON a.id = base.id WHEN MATCHED AND base.n > ${id()} THEN DELETE WHEN MATCHED THEN UPDATE SET v = base.v WHEN NOT MATCHED THEN INSERT VALUES (base.id, base.v, base.n)`;
    default:
      return `SELECT a.id, n FROM a WHERE ${where('a')} FOR UPDATE`;
  }
}
