import { VisitorKeys } from 'sqlite3-parser';
import type {
  AstNode,
  Expr,
  FunctionCallExpr,
  FunctionCallStarExpr,
  InTableExpr,
  LikeExpr,
} from 'sqlite3-parser';
import { foldAscii } from '../text.ts';
import { functionKind } from './functions.ts';
import { hazard, unknown } from './reading.ts';
import { descend } from '../findings.ts';
import type { Scope } from '../findings.ts';
import type { Reading } from './reading.ts';
import { readColumn, readQualifiedColumn } from './scope.ts';
import { readRelation } from './relation.ts';

/** Reads an expression: columns, functions and subqueries in it. */
export function readExpression(reading: Reading, node: AstNode | undefined, scope: Scope | undefined): void {
  if (node === undefined) return;
  descend(reading, () => {
    readNode(reading, node, scope);
  });
}

export function readExpressions(
  reading: Reading,
  nodes: readonly AstNode[] | undefined,
  scope: Scope | undefined,
): void {
  for (const node of nodes ?? []) readExpression(reading, node, scope);
}

function readNode(reading: Reading, node: AstNode, scope: Scope | undefined): void {
  switch (node.type) {
    case 'Id':
      readColumn(reading, scope, node.name, node.span);
      return;
    case 'QualifiedExpr':
      readQualifiedColumn(
        reading,
        scope,
        { database: node.schema?.text, table: node.table.text, column: node.column.text },
        node.span,
      );
      return;
    case 'Select':
      reading.grammar.select(reading, node, scope, scope?.ctes);
      return;
    case 'InTableExpr':
      readInTable(reading, node, scope);
      return;
    case 'FunctionCallExpr':
    case 'FunctionCallStarExpr':
      readCall(reading, node, scope);
      return;
    case 'LikeExpr':
      readLike(reading, node, scope);
      return;
    case 'CurrentDateLiteral':
    case 'CurrentTimeLiteral':
    case 'CurrentTimestampLiteral':
      hazard(reading, 'nondeterministic', node.span);
      return;
    case 'RaiseExpr':
      readExpression(reading, node.message, scope);
      if (node.resolve !== 'Rollback') return;
      hazard(reading, 'conflict-rollback', node.span);
      hazard(reading, 'leaves-transaction', node.span);
      return;
    default:
      readChildren(reading, node, scope);
  }
}

/** Reads the children of a node that is nothing special itself. */
export function readChildren(reading: Reading, node: AstNode, scope: Scope | undefined): void {
  const keys: readonly string[] =
    (VisitorKeys as Readonly<Record<string, readonly string[]>>)[node.type] ?? [];
  for (const key of keys) {
    const child = (node as unknown as Readonly<Record<string, AstNode | readonly AstNode[] | undefined>>)[
      key
    ];
    if (isNodes(child)) readExpressions(reading, child, scope);
    else readExpression(reading, child, scope);
  }
}

function isNodes(child: AstNode | readonly AstNode[] | undefined): child is readonly AstNode[] {
  return Array.isArray(child);
}

function readInTable(reading: Reading, node: InTableExpr, scope: Scope | undefined): void {
  readExpression(reading, node.lhs, scope);
  const source = readRelation(reading, node.rhs, scope?.ctes, node.args !== undefined);
  readExpressions(reading, node.args, scope);
  // `x IN table` compares with its one column, whatever that is called.
  if (source.table !== undefined) reading.found.columnsRead.add(`${source.table}.*`);
}

function readLike(reading: Reading, node: LikeExpr, scope: Scope | undefined): void {
  // REGEXP calls a function that SQLite does not have and an application may.
  if (node.op === 'Regexp') {
    reading.found.functions.add('regexp');
    unknown(reading, 'unknown-function', node.span);
  }
  readChildren(reading, node, scope);
}

function readCall(
  reading: Reading,
  node: FunctionCallExpr | FunctionCallStarExpr,
  scope: Scope | undefined,
): void {
  const name = foldAscii(node.name.name);
  const args = node.type === 'FunctionCallExpr' ? (node.args ?? []) : [];
  judgeCall(reading, name, args, node);
  readExpressions(reading, args, scope);
  if (node.type === 'FunctionCallExpr') readExpression(reading, node.orderBy, scope);
  const tail = node.filterOver;
  readExpression(reading, tail?.filterClause, scope);
  if (tail?.overClause?.type === 'WindowOver') readExpression(reading, tail.overClause.window, scope);
}

function judgeCall(
  reading: Reading,
  name: string,
  args: readonly Expr[],
  node: FunctionCallExpr | FunctionCallStarExpr,
): void {
  reading.found.functions.add(name);
  const kind = functionKind(name);
  switch (kind) {
    case 'plain':
      return;
    case 'clock':
      if (!asksForNow(name, args)) return;
      hazard(reading, 'nondeterministic', node.span);
      return;
    case 'volatile':
      hazard(reading, 'nondeterministic', node.span);
      return;
    case 'effectful':
      unknown(reading, name === 'load_extension' ? 'load-extension' : 'effectful-function', node.span);
      return;
    case 'unknown':
      unknown(reading, 'unknown-function', node.span);
      return;
    default:
      kind satisfies never;
  }
}

function asksForNow(name: string, args: readonly Expr[]): boolean {
  if (args.length < (name === 'strftime' ? 2 : 1)) return true;
  return args.some((arg) => arg.type === 'StringLiteral' && arg.value.trim().toLowerCase() === 'now');
}
