import { descend } from '../findings.ts';
import type { Scope } from '../findings.ts';
import { qualified } from '../text.ts';
import { functionKind } from './functions.ts';
import { hazard, unknown } from './reading.ts';
import type { Reading } from './reading.ts';
import { readColumn } from './scope.ts';
import type { Expr } from './tree.ts';

/** Reads an expression: columns, functions and subqueries in it. */
export function readExpression(reading: Reading, expr: Expr | undefined, scope: Scope | undefined): void {
  if (expr === undefined) return;
  descend(reading, () => {
    readNode(reading, expr, scope);
  });
}

export function readExpressions(reading: Reading, exprs: readonly Expr[], scope: Scope | undefined): void {
  for (const expr of exprs) readExpression(reading, expr, scope);
}

function readNode(reading: Reading, expr: Expr, scope: Scope | undefined): void {
  switch (expr.type) {
    case 'literal':
    case 'variable':
      return;
    case 'column':
      readColumn(reading, scope, expr.name);
      return;
    case 'call':
      readCall(reading, expr);
      readExpressions(reading, expr.args, scope);
      return;
    case 'subquery':
      reading.grammar.query(reading, expr.query, scope, scope?.ctes);
      return;
    case 'operation':
      readExpressions(reading, expr.args, scope);
      return;
    default:
      expr satisfies never;
  }
}

function readCall(reading: Reading, { name, stored, args, span }: Extract<Expr, { type: 'call' }>): void {
  const lower = name.parts.map((part) => part.toLowerCase());
  const kind =
    stored || isMade(reading, name.parts)
      ? 'unknown'
      : functionKind(lower[0] ?? '', reading.schema.modes?.dialect ?? 'mariadb');
  reading.found.functions.add(qualified(...lower));
  switch (kind) {
    case 'plain':
      return;
    case 'varies':
      // A moment given as an argument is always the same one.
      if (lower[0] !== 'unix_timestamp' || args.length === 0) hazard(reading, 'nondeterministic', span);
      // With an argument it sets what it will answer next time.
      if (lower[0] === 'last_insert_id' && args.length > 0) unknown(reading, 'effectful-function', span);
      return;
    case 'effectful':
      unknown(reading, 'effectful-function', span);
      return;
    case 'unknown':
      readStored(reading, name.parts, span);
      return;
    default:
      kind satisfies never;
  }
}

/** Which names a server has built in differs between versions: with a stored function of that name nothing is taken for granted. */
function isMade(reading: Reading, parts: readonly string[]): boolean {
  return reading.schema.storedFunction(parts, reading.database) !== undefined;
}

/** A function that somebody made: what it does is known when the catalogue says so. */
function readStored(reading: Reading, parts: readonly string[], span: Expr['span']): void {
  const known = reading.schema.storedFunction(parts, reading.database);
  if (known?.harmless === true) {
    for (const table of known.reads ?? []) reading.found.reads.add(table);
  } else unknown(reading, 'unknown-function', span);
}
