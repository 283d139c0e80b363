import type { Chance } from './chance.ts';

/** Tables with keys, foreign keys that act, triggers, computed columns, partitions and none of these, chosen by chance. */
export function randomSchema(chance: Chance): string {
  const action = (): string => chance.pick(['CASCADE', 'SET NULL', 'NO ACTION']);
  const list = (make: (index: number) => string): string =>
    Array.from({ length: 8 }, (_, index) => make(index)).join(', ');
  const texts = [
    `CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(40), n INT${chance.yes(40) ? ' UNIQUE' : ''})`,
    `CREATE TABLE b (id INT, sub INT, up INT REFERENCES a (id) ON DELETE ${action()} ON UPDATE ${action()}, v VARCHAR(40), n INT, PRIMARY KEY (id, sub))`,
    `CREATE TABLE c (up INT REFERENCES a (id) ON DELETE ${action()} ON UPDATE ${action()}, v VARCHAR(40)${chance.yes(50) ? ', twice VARCHAR(99) AS (CONCAT(v, v)) STORED' : ''}${chance.yes(30) ? ", once VARCHAR(99) AS (CONCAT('<', v)) VIRTUAL" : ''})`,
    'CREATE TABLE p (id INT, v VARCHAR(40), n INT, PRIMARY KEY (id)) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (5), PARTITION p1 VALUES LESS THAN MAXVALUE)',
    `CREATE TABLE k (id VARCHAR(9)${chance.yes(50) ? ' COLLATE utf8mb4_bin' : ''} PRIMARY KEY, v VARCHAR(40), n INT)`,
    'CREATE TABLE m (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(40), n INT)',
    'CREATE TABLE u (id INT NOT NULL, other INT NOT NULL, v VARCHAR(40), n INT, UNIQUE z (id), UNIQUE y (other))',
    'CREATE TABLE log (what VARCHAR(40), id INT)',
  ];
  if (chance.yes(40)) {
    const event = chance.pick(['INSERT', 'UPDATE', 'DELETE']);
    const row = event === 'DELETE' ? 'OLD' : 'NEW';
    texts.push(
      `CREATE TRIGGER logged AFTER ${event} ON ${chance.pick(['a', 'p', 'k', 'm'])} FOR EACH ROW INSERT INTO log VALUES ('${event}', ${row}.n)`,
    );
  }
  if (chance.yes(30))
    texts.push("CREATE TRIGGER marked BEFORE UPDATE ON a FOR EACH ROW SET NEW.v = CONCAT(NEW.v, '!')");
  if (chance.yes(30))
    texts.push('CREATE TRIGGER also AFTER DELETE ON p FOR EACH ROW UPDATE m SET n = n + 1 WHERE id < 4');
  texts.push(
    `INSERT INTO a VALUES ${list((i) => `(${i}, 'a${i}', ${i})`)}`,
    `INSERT INTO b VALUES ${list((i) => `(${i % 3}, ${i}, ${i % 5}, 'b${i}', ${i})`)}`,
    `INSERT INTO c (up, v) VALUES ${list((i) => `(${i % 4}, 'c${i % 3}')`)}`,
    `INSERT INTO p VALUES ${list((i) => `(${i}, 'p${i}', ${i})`)}`,
    `INSERT INTO k VALUES ${list((i) => `('k${i}', 'k${i}', ${i})`)}`,
    `INSERT INTO m (v, n) VALUES ${list((i) => `('m${i}', ${i})`)}`,
    `INSERT INTO u VALUES ${list((i) => `(${i}, ${i + 50}, 'u${i}', ${i})`)}`,
  );
  return texts.join(';\n');
}

/** One statement that changes rows, or none, or fails. */
export function randomStatement(chance: Chance): string {
  const name = chance.pick(['a', 'p', 'm', 'u', 'k']);
  const id = (): number => chance.below(14);
  const key = (of: string, value = id()): string => (of === 'k' ? `'k${value}'` : String(value));
  const where = (of: string): string =>
    chance.pick([
      `id = ${key(of)}`, `id > ${key(of)}`, `n % 2 = ${chance.below(2)}`, `v LIKE '%${id()}%'`, 'TRUE', `id IN (${key(of)}, ${key(of)}) OR n = ${id()}`,
    ]); // prettier-ignore
  const value = (): string =>
    chance.pick(['NULL', "''", `'v${id()}'`, "CONCAT(v, 'x')", 'v', 'n', 'UPPER(v)']);
  const limit = (): string =>
    chance.yes(20) ? ` ORDER BY id${chance.yes(50) ? ' DESC' : ''} LIMIT ${id()}` : '';
  switch (chance.below(18)) {
    case 0:
    case 1:
      return `INSERT ${chance.yes(30) ? 'IGNORE ' : ''}INTO a VALUES (${id()}, 'new', ${id() + 20}), (${id() + 20}, NULL, NULL)`;
    case 2:
      return `INSERT INTO a VALUES (${id()}, 'again', ${id()}), (${id() + 30}, 'more', 77) ON DUPLICATE KEY UPDATE ${chance.pick(["v = CONCAT(v, '+')", 'n = VALUES(n) + 40', 'v = v'])}`;
    case 3:
      return `REPLACE INTO ${chance.pick(['a', 'p', 'm'])} (id, v, n) VALUES (${id() + 1}, 'r', ${id()}), (${id() + 1}, 's', ${id() + 9})`;
    case 4:
      return `INSERT INTO ${chance.pick(['a', 'p', 'm'])} (id, v, n) SELECT id + 30, v, n + 60 FROM ${chance.pick(['a', 'p', 'm', 'u'])} x WHERE ${where('a')}`;
    case 5:
      return `INSERT INTO u VALUES (${id()}, ${id() + 60}, 'n', 1)`;
    case 6:
    case 7:
    case 8:
      return `UPDATE ${chance.yes(15) ? 'IGNORE ' : ''}${name} SET v = ${value()} WHERE ${where(name)}${limit()}`;
    case 9:
      return `UPDATE ${chance.pick(['a', 'p', 'm', 'u'])} SET id = id + ${chance.pick([1, 4, 40])} WHERE ${where('a')} ORDER BY id DESC`;
    case 10:
      return `UPDATE k SET id = ${chance.pick(['UPPER(id)', "CONCAT(id, 'q')", 'id'])} WHERE ${where('k')}`;
    case 11:
      return `UPDATE u SET other = other + ${chance.pick([1, 30])}, n = n WHERE id < ${id()} ORDER BY other DESC`;
    case 12:
    case 13:
      return `DELETE FROM ${name} WHERE ${where(name)}${limit()}`;
    case 14:
      return `DELETE c, b FROM c JOIN b ON b.up = c.up WHERE b.sub > ${id()}`;
    case 15:
      return `UPDATE b JOIN a ON a.id = b.up SET b.v = a.v, a.n = a.n + ${chance.pick([0, 100])} WHERE a.id < ${id()}`;
    case 16:
      return `INSERT INTO c (up, v) VALUES (${id()}, 'c1'), (NULL, 'c1')`;
    default:
      return `UPDATE c SET v = ${chance.pick(["'c1'", 'NULL', "CONCAT(v, 'z')"])} WHERE up ${chance.pick(['= 1', 'IS NULL', '> 0'])}`;
  }
}
