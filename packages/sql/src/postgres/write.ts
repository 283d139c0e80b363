import { qualified } from '../text.ts';
import { hazard, noteOpaque, unknown } from './reading.ts';
import { descend } from '../findings.ts';
import type { Columns } from '../findings.ts';
import type { Reading } from './reading.ts';
import { isInternal, noteRelation } from './relation.ts';
import type { Tree } from './tree.ts';

export type Operation = 'insert' | 'update' | 'delete' | 'truncate';

/** A change to the rows of one table. */
export interface Write {
  readonly table: string;
  readonly operation: Operation;
  /** Names of the columns set; undefined when every column is. */
  readonly columns: Columns;
}

/** Notes a change to a table and what it sets off: triggers, cascades, and what these change. */
export function noteWrite(reading: Reading, write: Write, tree: Tree): void {
  const { found, schema } = reading;
  const key = `${write.operation} ${write.table} ${write.columns?.join(',') ?? '*'}`;
  if (found.bodies.has(key)) return;
  found.bodies.add(key);
  found.effects.add('write');
  found.writes.add(write.table);
  const known = schema.relation(write.table);
  for (const column of write.columns ?? known?.columns ?? []) {
    found.columnsWritten.add(`${write.table}.${qualified(column)}`);
  }
  if (write.columns === undefined && known?.columns === undefined) {
    found.columnsWritten.add(`${write.table}.*`);
  }
  if (isInternal(write.table)) {
    found.effects.add('admin');
    hazard(reading, 'schema-table-write', tree);
  }
  if (known?.kind === 'view') {
    // What a view writes to follows from its rules and triggers, which are not read.
    unknown(reading, 'writes-through-view', tree);
  }
  noteRelation(reading, write.table, tree);
  descend(reading, () => {
    fireTriggers(reading, write, tree);
    followCascades(reading, write, tree);
  });
}

function fireTriggers(reading: Reading, write: Write, tree: Tree): void {
  for (const trigger of reading.schema.triggersOn(write.table)) {
    if (trigger.on !== undefined && !trigger.on.includes(write.operation)) continue;
    hazard(reading, 'trigger-fires', tree);
    const called =
      trigger.calls === undefined ? undefined : reading.schema.catalog?.functions?.get(trigger.calls);
    if (called?.writes !== undefined) {
      for (const table of called.reads ?? []) reading.found.reads.add(table);
      for (const table of called.writes) {
        // A function may do anything to the rows of a table it writes.
        for (const operation of ['insert', 'update', 'delete'] as const) {
          noteWrite(reading, { table, operation, columns: undefined }, tree);
        }
      }
    } else if (called?.harmless !== true) noteOpaque(reading, tree);
  }
}

function followCascades(reading: Reading, write: Write, tree: Tree): void {
  const cascades = reading.schema.relation(write.table)?.cascades ?? [];
  for (const cascade of cascades) {
    if (cascade.on !== write.operation) continue;
    hazard(reading, 'cascade', tree);
    const operation = cascade.columns.length === 0 ? 'delete' : 'update';
    const columns = operation === 'delete' ? undefined : cascade.columns;
    noteWrite(reading, { table: cascade.table, operation, columns }, tree);
  }
}
