import { parse } from 'sqlite3-parser';
import type { CreateTriggerStmt, Span, Stmt } from 'sqlite3-parser';
import { hazard } from './reading.ts';
import type { Reading } from './reading.ts';
import { scanSqlite } from './scan.ts';
import type { KnownRelation } from './schema.ts';

/** The one statement of a text of the catalogue, or undefined when it is not readable as one. */
export function parseBody(sql: string): Stmt | undefined {
  if (scanSqlite(sql).refusal !== undefined) return undefined;
  const result = parse(sql);
  const [only, ...others] = result.status === 'ok' ? result.root.cmds : [];
  return others.length === 0 ? only : undefined;
}

/** Notes that something runs which could not be read. */
export function noteOpaque(reading: Reading, span: Span): void {
  reading.found.opaque = true;
  reading.found.effects.add('unknown');
  hazard(reading, 'opaque', span);
}

/** The reading of a body that the statement reaches at `span`. */
export function within(reading: Reading, source: string, span: Span): Reading {
  return { ...reading, source, anchor: reading.anchor ?? span };
}

/** Reads what a view reads, once for each statement. */
export function readView(reading: Reading, name: string, known: KnownRelation, span: Span): void {
  if (reading.found.bodies.has(name)) return;
  reading.found.bodies.add(name);
  reading.schema.definitions.spend(known.sql?.length ?? 0);
  const statement = known.sql === undefined ? undefined : parseBody(known.sql);
  if (known.sql === undefined || statement?.type !== 'CreateViewStmt') noteOpaque(reading, span);
  else reading.grammar.select(within(reading, known.sql, span), statement.select, undefined, undefined);
}

/** The trigger that a text of the catalogue makes, or undefined when it is not readable as one. */
export function parseTrigger(sql: string): CreateTriggerStmt | undefined {
  const statement = parseBody(sql);
  return statement?.type === 'CreateTriggerStmt' ? statement : undefined;
}
