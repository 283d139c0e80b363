import { classify, mysqlWriteForm } from '@countersign/sql';
import type { Catalog, MysqlGiven, MysqlInsertForm, MysqlRowsForm, StatementFacts } from '@countersign/sql';
import type { Engine } from './settings.ts';
import type { TableShape } from './table-shapes.ts';
import { quoteName } from './values.ts';
import type { Input } from './values.ts';
import { placeInRow, writesColumn } from './written-columns.ts';

/** A query for the keys of rows that a statement may change, columns in the order of the table's key. */
export interface KeyQuery {
  readonly sql: string;
  readonly inputs: readonly Input[];
}

/** How the rows that a statement changes are found by key; what is found is proved by the engine's count afterwards. */
export interface KeyPlan {
  readonly shape: TableShape;
  /** Asked before the statement: rows that it will change. */
  readonly before: readonly KeyQuery[];
  /** Asked after it: rows that it has made. */
  readonly after: (changed: number) => readonly KeyQuery[];
}

const rowsAtOnce = 200;
/** Numbers that others may have taken in between are looked at too. */
const othersNumbersMax = 100;

/**
 * Returns how the rows that one statement changes are found, or undefined when the tables must be compared whole: several
 * tables, triggers, cascades, another key than it was, no key, or a key that the text does not say.
 */
export function planKeys(
  sql: string,
  inputs: readonly Input[],
  facts: StatementFacts,
  shapes: readonly TableShape[],
  engine: Engine,
  catalog: Catalog,
): KeyPlan | undefined {
  const form = mysqlWriteForm(sql, engine, catalog);
  const shape = shapes.find(({ name }) => name === form?.table);
  if (form === undefined || shape === undefined || !shape.findsByKey || shape.hasTriggers) return undefined;
  if (facts.writes.length !== 1 || shape.hasCascades) return undefined;
  const plan = form.kind === 'rows' ? planRows(form, inputs, facts, shape) : planInsert(form, inputs, shape);
  // The words are the submitter's: a query of them is sent only when it is one that reads.
  const reads = (query: KeyQuery): boolean =>
    classify(query.sql.replace(/ FOR UPDATE$/, ''), engine, catalog).readOnly;
  if (plan === undefined || !plan.before.every(reads)) return undefined;
  return plan.after(0).every(reads) ? plan : undefined;
}

function planRows(
  { from, rows }: MysqlRowsForm,
  inputs: readonly Input[],
  facts: StatementFacts,
  shape: TableShape,
): KeyPlan | undefined {
  if (facts.kind !== 'delete' && shape.key.some((index) => writesColumn(facts, shape, index)))
    return undefined;
  const sql = `SELECT ${keyNames(shape)} FROM ${from.text} ${rows.text} FOR UPDATE`;
  const given = [from, rows].flatMap(({ paramsBefore, params }) =>
    inputs.slice(paramsBefore, paramsBefore + params),
  );
  return { shape, before: [{ sql, inputs: given }], after: () => [] };
}

function planInsert(form: MysqlInsertForm, inputs: readonly Input[], shape: TableShape): KeyPlan | undefined {
  const places = shape.key.map((index) => placeInRow(form, shape, index));
  const [only] = shape.key;
  const numbered =
    shape.key.length === 1 && only !== undefined && shape.columns[only]?.autoIncrement === true;
  const rows: (readonly MysqlGiven[])[] = [];
  let leftToEngine = form.rows === undefined;
  for (const row of form.rows ?? []) {
    const values = places.map((place) => (place === undefined ? undefined : row[place]));
    if (values.every((one) => one?.kind === 'value' || (one?.kind === 'zero' && !numbered))) {
      rows.push(values.flatMap((one) => one ?? []));
    } else leftToEngine = true;
  }
  if (leftToEngine && !numbered) return undefined;
  if (form.rows === undefined && places.some((place) => place !== undefined)) return undefined;
  const named = queriesOf(rows, inputs, shape);
  return {
    shape,
    before: [],
    after: (changed) => [...named, ...(leftToEngine ? [numbersFrom(shape, changed)] : [])],
  };
}

function queriesOf(
  rows: readonly (readonly MysqlGiven[])[],
  inputs: readonly Input[],
  shape: TableShape,
): KeyQuery[] {
  const names = keyNames(shape);
  const many = shape.key.length > 1;
  const queries: KeyQuery[] = [];
  for (let at = 0; at < rows.length; at += rowsAtOnce) {
    const some = rows.slice(at, at + rowsAtOnce);
    const texts = some.map((row) => {
      const values = row.map((one) => (one.kind === 'value' ? one.text : '0')).join(', ');
      return many ? `(${values})` : values;
    });
    queries.push({
      sql: `SELECT ${names} FROM ${shape.quoted} WHERE ${many ? `(${names})` : names} IN (${texts.join(', ')})`,
      inputs: some.flatMap((row) =>
        row.flatMap((one) =>
          one.kind === 'value' ? inputs.slice(one.paramsBefore, one.paramsBefore + one.params) : [],
        ),
      ),
    });
  }
  return queries;
}

/** The rows that got their numbers from the engine follow on its first one. */
function numbersFrom(shape: TableShape, changed: number): KeyQuery {
  const name = keyNames(shape);
  const limit = changed + othersNumbersMax;
  return {
    sql: `SELECT ${name} FROM ${shape.quoted} WHERE ${name} >= LAST_INSERT_ID() ORDER BY ${name} LIMIT ${limit}`,
    inputs: [],
  };
}

function keyNames(shape: TableShape): string {
  return shape.key.map((index) => quoteName(shape.columns[index]?.name ?? '')).join(', ');
}
