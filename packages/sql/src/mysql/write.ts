import { descend } from '../findings.ts';
import type { Columns } from '../findings.ts';
import { qualified } from '../text.ts';
import { hazard, unknown, within } from './reading.ts';
import type { Reading } from './reading.ts';
import { noteRelation } from './relation.ts';
import { isInternal } from './schema.ts';
import { columnName } from './scope.ts';
import type { Span } from './tree.ts';

export type Operation = 'insert' | 'update' | 'delete' | 'truncate';

/** A change to the rows of one table. */
export interface Write {
  readonly table: string;
  readonly operation: Operation;
  /** Names of the columns set; undefined when every column is. */
  readonly columns: Columns;
}

/** Notes a change to a table and what it sets off: triggers, cascades, and what these change. */
export function noteWrite(reading: Reading, write: Write, span: Span): void {
  const { found, schema } = reading;
  const key = `${write.operation} ${write.table} ${write.columns?.join(',') ?? '*'}`;
  if (found.bodies.has(key)) return;
  found.bodies.add(key);
  found.effects.add('write');
  found.writes.add(write.table);
  const known = schema.relation(write.table);
  for (const column of write.columns ?? known?.columns ?? []) {
    found.columnsWritten.add(`${write.table}.${qualified(columnName(column))}`);
  }
  if (write.columns === undefined && known?.columns === undefined) {
    found.columnsWritten.add(`${write.table}.*`);
  }
  if (isInternal(write.table)) {
    found.effects.add('admin');
    hazard(reading, 'schema-table-write', span);
  }
  // Which table of its query a view writes to, and whether it checks that, is not worked out.
  if (known?.kind === 'view') unknown(reading, 'writes-through-view', span);
  noteRelation(reading, write.table, span);
  descend(reading, () => {
    fireTriggers(reading, write, span);
    followCascades(reading, write, span);
  });
}

function fireTriggers(reading: Reading, write: Write, span: Span): void {
  for (const trigger of reading.schema.triggersOn(write.table)) {
    if (trigger.on !== undefined && !trigger.on.includes(write.operation)) continue;
    hazard(reading, 'trigger-fires', span);
    reading.grammar.trigger({ ...within(reading, write.table, span), variables: true }, trigger.sql, span);
  }
}

/** Foreign keys act without firing triggers, on the rows of tables that may have keys of their own. */
function followCascades(reading: Reading, write: Write, span: Span): void {
  for (const cascade of reading.schema.relation(write.table)?.cascades ?? []) {
    if (cascade.on !== write.operation) continue;
    hazard(reading, 'cascade', span);
    const operation = cascade.columns.length === 0 ? 'delete' : 'update';
    const columns = operation === 'delete' ? undefined : cascade.columns;
    noteWrite(reading, { table: cascade.table, operation, columns }, span);
  }
}
