import { autoIncrementMoves } from '@countersign/diff';
import type { Setting } from '@countersign/diff';
import { mysqlWriteForm } from '@countersign/sql';
import type { Catalog, Facts, MysqlInsertForm, StatementFacts } from '@countersign/sql';
import type { Statement } from '../target.ts';
import type { Engine } from './settings.ts';
import type { ColumnShape, TableShape } from './table-shapes.ts';
import { placeInRow, writesColumn } from './written-columns.ts';

/** Columns whose values in inserted rows the engine makes up, by table; how, for the environment; and what moves for it. */
export interface EngineMade {
  readonly columns: ReadonlyMap<string, readonly number[]>;
  readonly settings: readonly Setting[];
  /** Counters by the table that they number, in words. */
  readonly counters: ReadonlyMap<string, string>;
}

const nothingMade: EngineMade = { columns: new Map(), settings: [], counters: new Map() };

/** Defaults of time, chance or a sequence, as the engine writes them. */
const madeUp =
  /^(?:current_timestamp|uuid_to_bin\(uuid\(\)(?:, ?(?:0|1|true|false))?\)|(?:current_timestamp|now|curdate|curtime|utc_timestamp|utc_date|utc_time|unix_timestamp|sysdate|uuid|uuid_short|sys_guid|rand)\([0-6]?\)|nextval\((?:`(?:[^`]|``)*`\.)?`(?:[^`]|``)*`\))$/i;

/**
 * Finds columns that every statement leaves to the engine: AUTO_INCREMENT, and defaults of time, chance or a sequence. No
 * INSERT gives them a value of its own, nothing else writes them or the key of their table, and no trigger stands on any table
 * that can change. Whatever is in doubt is bound. It follows from the texts and the schema alone.
 */
export function findEngineMade(
  statements: readonly Statement[],
  facts: Facts,
  shapes: readonly TableShape[],
  engine: Engine,
  catalog: Catalog,
): EngineMade {
  if (shapes.some(({ hasTriggers }) => hasTriggers)) return nothingMade;
  const forms = statements.map(({ sql }) => mysqlWriteForm(sql, engine, catalog));
  const columns = new Map<string, readonly number[]>();
  const counters = new Map<string, string>();
  const ways: (readonly [string, string, readonly string[]])[] = [];
  for (const shape of shapes) {
    const inserts: MysqlInsertForm[] = [];
    const others: StatementFacts[] = [];
    for (const [index, form] of forms.entries()) {
      const fact = facts.statements[index];
      if (form?.kind === 'insert' && form.table === shape.name) inserts.push(form);
      else if (fact?.writes.includes(shape.name) === true) others.push(fact);
    }
    if (inserts.length === 0 || touchesKey(shape, inserts, others)) continue;
    const made = [...shape.columns.keys()].filter((index) => isLeft(shape, index, inserts, others));
    if (made.length === 0) continue;
    columns.set(shape.name, made);
    for (const index of made) {
      const column = shape.columns[index];
      if (column === undefined) continue;
      ways.push([shape.name, column.name, [`default ${column.defaultText ?? 'auto_increment'}`]]);
      if (column.autoIncrement) {
        counters.set(shape.name, autoIncrementMoves(shape.name));
      }
      if (/^nextval/i.test(column.defaultText ?? '')) {
        counters.set(
          shape.name,
          `sequence ${column.defaultText ?? ''} moves, also when nothing is committed`,
        );
      }
    }
  }
  const settings: Setting[] =
    ways.length === 0 ? [] : [['made_by_engine', JSON.stringify(ways.toSorted(byPlace))]];
  return { columns, settings, counters };
}

/** Where a key may be written, or there is none, a row that was there before may show as inserted. */
function touchesKey(
  shape: TableShape,
  inserts: readonly MysqlInsertForm[],
  others: readonly StatementFacts[],
): boolean {
  if (shape.key.length === 0) return others.length > 0;
  return shape.key.some((index) => isWritten(shape, index, inserts, others));
}

function isLeft(
  shape: TableShape,
  index: number,
  inserts: readonly MysqlInsertForm[],
  others: readonly StatementFacts[],
): boolean {
  const column = shape.columns[index];
  if (column === undefined || !isMadeUp(column) || isWritten(shape, index, inserts, others)) return false;
  return inserts.every((form) => leaves(form, shape, index));
}

function isMadeUp({ computed, autoIncrement, defaultText }: ColumnShape): boolean {
  return !computed && (autoIncrement || (defaultText !== undefined && madeUp.test(defaultText)));
}

/** Whether anything but the rows of an INSERT gives the column a value. */
function isWritten(
  shape: TableShape,
  index: number,
  inserts: readonly MysqlInsertForm[],
  others: readonly StatementFacts[],
): boolean {
  const name = shape.columns[index]?.name.toLowerCase() ?? '';
  if (inserts.some(({ updates }) => updates.includes(name))) return true;
  return others.some((fact) => fact.kind !== 'delete' && writesColumn(fact, shape, index));
}

/** Whether an INSERT gives the column nothing of its own in any row. */
function leaves(form: MysqlInsertForm, shape: TableShape, index: number): boolean {
  const place = placeInRow(form, shape, index);
  if (place === undefined) return true;
  if (form.rows === undefined) return false;
  return form.rows.every((row) => {
    const given = row[place];
    if (given === undefined) return row.length === 0;
    return (
      given.kind === 'default' || (shape.columns[index]?.autoIncrement === true && given.kind !== 'value')
    );
  });
}

function byPlace(a: readonly [string, string, unknown], b: readonly [string, string, unknown]): number {
  return JSON.stringify([a[0], a[1]]) < JSON.stringify([b[0], b[1]]) ? -1 : 1;
}
