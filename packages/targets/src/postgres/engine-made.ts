import type { Setting } from '@countersign/diff';
import { classifyTexts, qualified } from '@countersign/sql';
import type { Statement } from '../target.ts';
import type { TouchedColumn, TouchedTable } from './touched.ts';

/** Columns whose values in inserted rows the engine makes up, by table; and how, for the environment. */
export interface EngineMade {
  readonly columns: ReadonlyMap<string, readonly number[]>;
  readonly settings: readonly Setting[];
}

const nothingMade: EngineMade = { columns: new Map(), settings: [] };

/** Defaults of time, chance or a sequence, alone or cast once. */
const madeUp =
  /^\(*(?:nextval\('(?:[^']|'')*'::regclass\)|now\(\)|clock_timestamp\(\)|statement_timestamp\(\)|transaction_timestamp\(\)|CURRENT_TIMESTAMP(?:\([0-9]\))?|CURRENT_DATE|CURRENT_TIME|LOCALTIMESTAMP|LOCALTIME|gen_random_uuid\(\)|(?:[a-z_]+\.)?uuid_generate_v[14]\(\)|random\(\))\)*(?:::[a-z ]+)?$/;

/**
 * Finds columns that every statement leaves to the engine: their defaults are of time, chance or a sequence, no statement names
 * them, and no trigger stands on any table that was changed. Whatever is in doubt is bound. It follows from the
 * texts and the schema alone.
 */
export function findEngineMade(
  statements: readonly Statement[],
  touched: readonly Pick<TouchedTable, 'name' | 'columns' | 'hasTriggers'>[],
  searchPath: readonly string[],
): EngineMade {
  if (touched.some(({ hasTriggers }) => hasTriggers)) return nothingMade;
  const facts = classifyTexts(
    statements.map(({ sql }) => sql),
    'postgres',
    { tables: new Map(), triggers: [], partial: true, searchPath },
  );
  if (!facts.parsed || facts.effect === 'unknown') return nothingMade;
  const written = new Set(facts.statements.flatMap(({ columnsWritten }) => columnsWritten));
  const inserted = new Set(
    facts.statements.filter(({ kind }) => kind === 'insert').flatMap(({ writes }) => writes),
  );
  const columns = new Map<string, readonly number[]>();
  const ways: (readonly [string, string, readonly string[]])[] = [];
  for (const { name, columns: all } of touched) {
    // Rows of a partition are named by another table than the text's: they stay bound.
    if (!inserted.has(name) || written.has(`${name}.*`)) continue;
    const made = [...all.keys()].filter((index) => {
      const column = all[index];
      return column !== undefined && isMadeUp(column) && !written.has(`${name}.${qualified(column.name)}`);
    });
    if (made.length === 0) continue;
    columns.set(name, made);
    for (const index of made) {
      const column = all[index];
      if (column !== undefined)
        ways.push([name, column.name, [`default ${column.defaultText ?? 'of the identity'}`]]);
    }
  }
  if (ways.length === 0) return nothingMade;
  return { columns, settings: [['made_by_engine', JSON.stringify(ways.toSorted(byPlace))]] };
}

/** Whether the engine makes up the value of a column that nobody names. */
export function isMadeUp({
  identity,
  computed,
  defaultText,
}: Pick<TouchedColumn, 'identity' | 'computed' | 'defaultText'>): boolean {
  return !computed && (identity || (defaultText !== undefined && madeUp.test(defaultText)));
}

function byPlace(a: readonly [string, string, unknown], b: readonly [string, string, unknown]): number {
  return JSON.stringify([a[0], a[1]]) < JSON.stringify([b[0], b[1]]) ? -1 : 1;
}
