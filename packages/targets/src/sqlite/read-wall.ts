import type { SQLOutputValue } from 'node:sqlite';
import type { Row } from '@countersign/diff';
import { sqliteName } from '@countersign/sql';
import { cellSize } from '../cells.ts';
import type { ReadLimits, ResultSet, Statement } from '../target.ts';
import { TargetError } from '../target-error.ts';
import { Connection } from './connection.ts';
import { engineError } from './engine-error.ts';
import { Guard } from './guard.ts';
import type { ReadOutput, ReadTask } from './session-jobs.ts';
import { admitStatement, requireWhole } from './statement-gate.ts';
import { bindingsOf, quoteName, toCell } from './values.ts';

const openModules = ['json_each', 'json_tree', 'fts3', 'fts4', 'fts5', 'rtree', 'rtree_i32', 'geopoly'];

/**
 * Runs each statement on a connection of its own that the engine opened read-only and whose
 * authorizer denies whatever is not a read of stored tables.
 * @throws TargetError `statement/…`, `target/…`
 */
export function readStatements({ path, statements, limits }: ReadTask): ReadOutput {
  if (statements.length === 0) throw new TargetError('statement/empty', 'no statement, expected one');
  for (const [index, one] of statements.entries()) admitStatement(one, index, true);
  const budget = { rows: limits.rowsMax, bytes: limits.bytesMax };
  return { results: statements.map((one, index) => readOne(path, one, index, limits, budget)) };
}

/** Spatial tables compile their own writing statements when they are first named, which the guard would deny. */
function connectTrees(connection: Connection): void {
  const names = connection.all(
    `SELECT name FROM main.sqlite_schema WHERE rootpage = 0 AND sql LIKE 'create virtual table%'
     AND (sql LIKE '%using%rtree%' OR sql LIKE '%using%geopoly%')`,
  );
  for (const [name] of names) connection.all(`SELECT 1 FROM ${quoteName(String(name))} LIMIT 0`);
}

interface Budget {
  rows: number;
  bytes: number;
}

function readOne(
  path: string,
  statement: Statement,
  index: number,
  limits: ReadLimits,
  budget: Budget,
): ResultSet {
  const connection = new Connection(path, { readOnly: true, busyMs: limits.busyMs });
  try {
    const modules = connection
      .all('SELECT lower(name) FROM pragma_module_list')
      .map(([name]) => String(name));
    const shut = new Set(modules.filter((name) => !openModules.includes(name)));
    connectTrees(connection);
    const guard = Guard.forReading(connection.database, shut);
    try {
      const compiled = connection.database.prepare(statement.sql);
      requireWhole(statement.sql, compiled.sourceSQL, index);
      const inputs = bindingsOf(compiled, statement, index);
      const described = compiled.columns();
      const columns = described.map((column) => column.name);
      const origins = described.map(({ database, table, column }) =>
        database === null || table === null || column === null ? null : sqliteName(database, table, column),
      );
      const rows = compiled.iterate(...inputs) as unknown as Iterable<SQLOutputValue[]>;
      return { columns, origins, ...takeRows(rows, budget) };
    } catch (cause) {
      const code = guard.takeRefusal();
      if (code === undefined) throw engineError(cause, index, 'statement/invalid');
      throw new TargetError(code, 'statement does what is not allowed in a read', {
        statement: index,
        cause,
      });
    }
  } finally {
    connection.close();
  }
}

function takeRows(rows: Iterable<SQLOutputValue[]>, budget: Budget): Pick<ResultSet, 'rows' | 'truncated'> {
  const taken: Row[] = [];
  for (const values of rows) {
    const row = values.map(toCell);
    budget.rows -= 1;
    budget.bytes -= row.reduce((sum, cell) => sum + cellSize(cell), 0);
    if (budget.rows < 0 || budget.bytes < 0) return { rows: taken, truncated: true };
    taken.push(row);
  }
  return { rows: taken, truncated: false };
}
