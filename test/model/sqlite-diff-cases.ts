import { Chance } from '../../packages/targets/test/chance.ts';

interface Table {
  readonly name: string;
  readonly key: readonly string[];
  readonly columns: readonly string[];
  /** Columns whose default is the clock's; an INSERT may leave them out. */
  readonly made: readonly string[];
  /** Chance of its own, so that the cases of a seed stay what they were. */
  readonly extra: Chance;
}

/** A random database and a random request against it, as SQL. */
export interface Case {
  readonly setup: readonly string[];
  readonly request: readonly string[];
  /** Whether nothing but the request's own statements changes rows, so that an undo is exact. */
  readonly plain: boolean;
}

const literals = [
  'NULL', '0', '1', '2', '3', '4', '5', '-7', '1.0', '2.5', '1e300', '-0.0', '9007199254740993',
  "'a'", "'A'", "'b'", "'1'", "''", "'\u00e9\u4e2d'", "'it''s'", "x'00ff'", "x''",
  "CAST(x'610062' AS TEXT)", "CAST(x'61ff' AS TEXT)", "'\ufffd'",
]; // prettier-ignore
const keys = ['1', '2', '3', '4', '5', '6', "'a'", "'A'", "'b'", '1.0'];
const types = ['', 'INTEGER', 'TEXT', 'REAL', 'NUMERIC', 'BLOB', 'TEXT COLLATE NOCASE'];
/** The clock, no finer than a day, so that two runs of a case agree. */
const clocks = ['CURRENT_DATE', "(date('now'))", "(strftime('%Y-%m-%d', 'now'))"];
const conflicts = ['', '', '', ' OR REPLACE', ' OR IGNORE', ' OR FAIL', ' OR ABORT'];

/** Returns the case of a seed. */
export function makeCase(seed: number): Case {
  const chance = new Chance(seed);
  const extra = new Chance(seed ^ 0x5eed_c10c);
  const setup: string[] = [];
  const tables: Table[] = [];
  const withKeys = chance.yes(50);
  const count = 2 + chance.below(3);
  for (let index = 0; index < count; index += 1) {
    tables.push(makeTable(chance, extra, index, withKeys ? tables : [], setup));
  }
  for (const table of tables) fill(chance, table, setup);
  const triggers = chance.yes(55) ? 1 + chance.below(3) : 0;
  for (let index = 0; index < triggers; index += 1) setup.push(makeTrigger(chance, index, tables));
  const audits = extra.yes(35) ? makeAudit(extra, tables) : [];
  setup.push(...audits);
  const request = Array.from({ length: 1 + chance.below(3) }, () => makeStatement(chance, tables));
  // Undoing rows one by one, a state in between may hold a value twice: a plain constraint refuses that undo, but one
  // that replaces deletes the other row without a word (seed 1003447). The undo's dry run shows it.
  const replaces = setup.some((sql) => sql.includes('UNIQUE ON CONFLICT REPLACE'));
  return { setup, request, plain: triggers + audits.length === 0 && !withKeys && !replaces };
}

/** A table that triggers note changes in, leaving id and time to the engine, or now and then giving them. */
function makeAudit(extra: Chance, tables: readonly Table[]): string[] {
  const gives = (): string =>
    extra.pick([
      '(x) VALUES (1)',
      "(x, at) VALUES ('a', date('now'))",
      'DEFAULT VALUES',
      'VALUES (NULL, 2, CURRENT_DATE)',
      "SELECT NULL, 3, date('now')",
      extra.pick([
        "(id, x) VALUES (500, 'b')",
        "(x, at) VALUES ('c', 'given')",
        "(x) SELECT 'd'; UPDATE audit SET at = 'set'",
      ]),
    ]);
  const events = ['INSERT', 'UPDATE', 'DELETE'].slice(0, 1 + extra.below(3));
  return [
    'CREATE TABLE audit (id INTEGER PRIMARY KEY, x, at TEXT DEFAULT CURRENT_DATE)',
    "INSERT INTO audit VALUES (1, 'old', 'then')",
    ...events.map(
      (event) =>
        `CREATE TRIGGER audit_${event} AFTER ${event} ON ${quote(extra.pick(tables).name)} BEGIN INSERT OR IGNORE INTO audit ${gives()}; END`,
    ),
  ];
}

function makeTable(
  chance: Chance,
  extra: Chance,
  index: number,
  parents: readonly Table[],
  setup: string[],
): Table {
  const name = chance.pick([`t${index}`, `t${index}`, `odd "${index}" name`]);
  const columns = ['c1', 'c2', 'c3'].slice(0, 1 + chance.below(3));
  const kind = chance.below(7);
  const definitions: string[] = [];
  const key = kind === 5 ? ['k', 'l'] : kind === 6 ? [] : ['k'];
  if (kind === 0) definitions.push('k INTEGER PRIMARY KEY');
  if (kind === 1) definitions.push('k INTEGER PRIMARY KEY AUTOINCREMENT');
  if (kind === 2) definitions.push('k TEXT PRIMARY KEY');
  if (kind === 3) definitions.push(`k ${chance.pick(types)} NOT NULL PRIMARY KEY`);
  if (kind === 4) definitions.push(`k ${chance.pick(types)} PRIMARY KEY`);
  if (kind === 5) definitions.push(`k ${chance.pick(types)}`, `l ${chance.pick(types)}`);
  for (const column of columns) {
    const unique = chance.yes(12) ? ` UNIQUE${chance.pick(['', ' ON CONFLICT REPLACE'])}` : '';
    const parent = parents.find((one) => one.key.length === 1);
    const refers = parent !== undefined && column === 'c1' ? reference(chance, parent) : '';
    definitions.push(`${column} ${chance.pick(types)}${unique}${refers}`);
  }
  if (chance.yes(25)) {
    definitions.push(`g GENERATED ALWAYS AS (c1 || 'x') ${chance.pick(['STORED', 'VIRTUAL'])}`);
  }
  const made = extra.yes(40) ? ['d'] : [];
  for (const column of made) definitions.push(`${column} ${extra.pick(types)} DEFAULT ${extra.pick(clocks)}`);
  if (kind === 5) definitions.push('PRIMARY KEY (l, k)');
  const without = kind === 5 || (kind === 4 && chance.yes(60)) ? ' WITHOUT ROWID' : '';
  setup.push(`CREATE TABLE ${quote(name)} (${definitions.join(', ')})${without}`);
  return { name, key, columns, made, extra };
}

function reference(chance: Chance, parent: Table): string {
  const onDelete = chance.pick(['', ' ON DELETE CASCADE', ' ON DELETE SET NULL', ' ON DELETE SET DEFAULT']);
  const onUpdate = chance.pick(['', ' ON UPDATE CASCADE', ' ON UPDATE SET NULL']);
  return ` REFERENCES ${quote(parent.name)}(k)${onDelete}${onUpdate}`;
}

function fill(chance: Chance, table: Table, setup: string[]): void {
  for (let row = 0; row < 6; row += 1) setup.push(insert(chance, table, ' OR IGNORE'));
}

/**
 * A trigger writes tables made after its own, so that chains end, or one row of its own table, so that
 * a chain that does not end does not branch either and meets the engine's limit of depth.
 */
function makeTrigger(chance: Chance, index: number, tables: readonly Table[]): string {
  const on = chance.pick(tables);
  const time = chance.pick(['BEFORE', 'AFTER']);
  const event = chance.pick(['INSERT', 'UPDATE', 'DELETE']);
  const later = tables.slice(tables.indexOf(on) + 1);
  const own = later.length === 0 || (index === 0 && chance.yes(40));
  const bodies = own
    ? [
        `UPDATE ${quote(on.name)} SET ${on.columns[0] ?? ''} = ${chance.pick(literals)} WHERE ${on.key[0] ?? 'rowid'} = 1`,
      ]
    : Array.from({ length: 1 + chance.below(2) }, () => plainStatement(chance, later));
  return `CREATE TRIGGER tr${index} ${time} ${event} ON ${quote(on.name)} BEGIN ${bodies.join('; ')}; END`;
}

function plainStatement(chance: Chance, tables: readonly Table[]): string {
  const table = chance.pick(tables);
  switch (chance.below(4)) {
    case 0:
    case 1:
      return insert(chance, table, chance.pick(conflicts));
    case 2:
      return `UPDATE ${quote(table.name)} SET ${assign(chance, table)} WHERE ${where(chance, table)}`;
    default:
      return `DELETE FROM ${quote(table.name)} WHERE ${where(chance, table)}`;
  }
}

function makeStatement(chance: Chance, tables: readonly Table[]): string {
  const table = chance.pick(tables);
  const name = quote(table.name);
  switch (chance.below(9)) {
    case 0:
      return insert(chance, table, chance.pick(conflicts));
    case 1:
      return `REPLACE ${insert(chance, table, '').slice('INSERT '.length)}`;
    case 2:
      return `${insert(chance, table, '')} ON CONFLICT DO ${chance.pick(['NOTHING', `UPDATE SET ${assign(chance, table)}`])}`;
    case 3:
    case 4:
      return `UPDATE${chance.pick(conflicts)} ${name} SET ${assign(chance, table)} WHERE ${where(chance, table)}`;
    case 5:
      return `UPDATE ${name} SET ${chance.pick(table.columns)} = s.${chance.pick(table.columns)} FROM ${name} AS s WHERE s.rowid = ${name}.rowid`;
    case 6:
      return `DELETE FROM ${name}${chance.yes(20) ? '' : ` WHERE ${where(chance, table)}`}`;
    case 7:
      return `INSERT${chance.pick(conflicts)} INTO ${name} (${[...table.key, ...table.columns].join(', ')}) SELECT ${[...table.key, ...table.columns].join(', ')} FROM ${name} WHERE ${where(chance, table)}`;
    default:
      return `WITH x AS (SELECT ${chance.pick(literals)} AS v) UPDATE ${name} SET ${chance.pick(table.columns)} = (SELECT v FROM x) WHERE ${where(chance, table)} RETURNING *`;
  }
}

function insert(chance: Chance, table: Table, conflict: string): string {
  const useKey = table.key.length > 0 && chance.yes(85);
  const made = table.made.filter(() => table.extra.yes(30));
  const columns = [...(useKey ? table.key : []), ...table.columns, ...made];
  const rows = Array.from({ length: 1 + chance.below(3) }, () => {
    const values = columns.map((column) =>
      made.includes(column)
        ? table.extra.pick(literals)
        : chance.pick(table.key.includes(column) ? keys : literals),
    );
    return `(${values.join(', ')})`;
  });
  return `INSERT${conflict} INTO ${quote(table.name)} (${columns.join(', ')}) VALUES ${rows.join(', ')}`;
}

function assign(chance: Chance, table: Table): string {
  const listed = chance.pick([...table.columns, ...table.columns, ...table.key]);
  const [timed] = table.made;
  const column = timed !== undefined && table.extra.yes(12) ? timed : listed;
  if (table.key.includes(column)) return `${column} = ${chance.pick([...keys, `${column} + 10`])}`;
  return `${column} = ${chance.pick([...literals, `${column} || 'y'`, `${column} + 1`])}`;
}

function where(chance: Chance, table: Table): string {
  const column = chance.pick([...table.columns, ...table.key]);
  return chance.pick([
    '1',
    `${column} = ${chance.pick(literals)}`,
    `${column} > ${chance.pick(keys)}`,
    `${column} IS NOT NULL`,
    `typeof(${column}) = '${chance.pick(['text', 'integer', 'real'])}'`,
  ]);
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
