import type { AstNode, ExplainStmt, Expr, PragmaStmt, Span, Stmt } from 'sqlite3-parser';
import type { Effect } from '../facts.ts';
import type { HazardCode } from '../hazards.ts';
import { keepReads } from '../findings.ts';
import { foldAscii, qualified } from '../text.ts';
import {
  readAlterTable,
  readCreateIndex,
  readCreateTable,
  readCreateTrigger,
  readCreateView,
  readCreateVirtualTable,
  readDropObject,
  readDropTable,
} from './ddl.ts';
import { readDelete, readInsert, readSelectStatement, readUpdate } from './dml.ts';
import { readExpression } from './expression.ts';
import { isForeignKeyPragma, pragmaKind } from './pragmas.ts';
import { hazard, unknown } from './reading.ts';
import type { Reading } from './reading.ts';
import { targetName } from './relation.ts';

/** Words a statement of each kind begins with; a parser and a scanner that disagree are not believed. */
const VERBS: Readonly<Record<Stmt['type'], readonly [kind: string, ...words: string[]]>> = {
  AlterTableStmt: ['alter-table', 'alter'],
  AnalyzeStmt: ['analyze', 'analyze'],
  AttachStmt: ['attach', 'attach'],
  BeginStmt: ['begin', 'begin'],
  CommitStmt: ['commit', 'commit', 'end'],
  CreateIndexStmt: ['create-index', 'create'],
  CreateTableStmt: ['create-table', 'create'],
  CreateTriggerStmt: ['create-trigger', 'create'],
  CreateViewStmt: ['create-view', 'create'],
  CreateVirtualTableStmt: ['create-virtual-table', 'create'],
  DeleteStmt: ['delete', 'delete', 'with'],
  DetachStmt: ['detach', 'detach'],
  DropIndexStmt: ['drop-index', 'drop'],
  DropTableStmt: ['drop-table', 'drop'],
  DropTriggerStmt: ['drop-trigger', 'drop'],
  DropViewStmt: ['drop-view', 'drop'],
  ExplainStmt: ['explain', 'explain'],
  InsertStmt: ['insert', 'insert', 'replace', 'with'],
  PragmaStmt: ['pragma', 'pragma'],
  ReindexStmt: ['reindex', 'reindex'],
  ReleaseStmt: ['release', 'release'],
  RollbackStmt: ['rollback', 'rollback'],
  SavepointStmt: ['savepoint', 'savepoint'],
  SelectStmt: ['select', 'select', 'values', 'with'],
  UpdateStmt: ['update', 'update', 'with'],
  VacuumStmt: ['vacuum', 'vacuum'],
};

/** The kind of a statement that begins with `word`; undefined when no such statement does. */
export function statementKind(statement: Stmt, word: string): string | undefined {
  const [kind, ...words] = VERBS[statement.type];
  return words.includes(foldAscii(word)) ? kind : undefined;
}

/** Notes everything one statement does. */
export function readStatement(reading: Reading, statement: Stmt): void {
  switch (statement.type) {
    case 'SelectStmt':
      readSelectStatement(reading, statement);
      return;
    case 'InsertStmt':
      readInsert(reading, statement);
      return;
    case 'UpdateStmt':
      readUpdate(reading, statement);
      return;
    case 'DeleteStmt':
      readDelete(reading, statement);
      return;
    case 'ExplainStmt':
      readExplain(reading, statement);
      return;
    case 'PragmaStmt':
      readPragma(reading, statement);
      return;
    default:
      readDefinition(reading, statement);
  }
}

type Control = 'SelectStmt' | 'InsertStmt' | 'UpdateStmt' | 'DeleteStmt' | 'ExplainStmt' | 'PragmaStmt';

function readDefinition(reading: Reading, statement: Exclude<Stmt, { type: Control }>): void {
  switch (statement.type) {
    case 'CreateTableStmt':
      readCreateTable(reading, statement);
      return;
    case 'CreateViewStmt':
      readCreateView(reading, statement);
      return;
    case 'CreateVirtualTableStmt':
      readCreateVirtualTable(reading, statement);
      return;
    case 'CreateIndexStmt':
      readCreateIndex(reading, statement);
      return;
    case 'CreateTriggerStmt':
      readCreateTrigger(reading, statement);
      return;
    case 'AlterTableStmt':
      readAlterTable(reading, statement);
      return;
    case 'DropTableStmt':
      readDropTable(reading, statement.tblName);
      return;
    case 'DropViewStmt':
      readDropObject(reading, statement.viewName);
      return;
    case 'DropIndexStmt':
      readDropObject(reading, statement.idxName);
      return;
    case 'DropTriggerStmt':
      readDropObject(reading, statement.triggerName);
      return;
    default:
      readControl(reading, statement);
  }
}

type Definition = `Create${string}` | `Alter${string}` | `Drop${string}`;

function readControl(reading: Reading, statement: Exclude<Stmt, { type: Control | Definition }>): void {
  switch (statement.type) {
    case 'BeginStmt':
    case 'CommitStmt':
    case 'RollbackStmt':
    case 'SavepointStmt':
    case 'ReleaseStmt':
      leave(reading, 'session', statement.span);
      return;
    case 'AttachStmt':
    case 'DetachStmt':
      readNamed(reading, statement.expr);
      if (statement.type === 'AttachStmt') readNamed(reading, statement.dbName);
      leave(reading, statement.type === 'AttachStmt' ? 'admin' : 'session', statement.span, 'attach');
      return;
    case 'VacuumStmt':
      if (statement.into !== undefined) readNamed(reading, statement.into);
      leave(reading, 'admin', statement.span, 'vacuum');
      return;
    case 'AnalyzeStmt': {
      noteStatistics(reading, foldAscii(statement.objName?.dbName?.text ?? 'main'));
      if (statement.objName !== undefined) reading.found.reads.add(targetName(reading, statement.objName));
      return;
    }
    case 'ReindexStmt':
      reading.found.effects.add('ddl');
      if (statement.objName !== undefined) reading.found.writes.add(targetName(reading, statement.objName));
      return;
    default:
      statement satisfies never;
  }
}

function noteStatistics(reading: Reading, database: string): void {
  reading.found.effects.add('ddl').add('write');
  reading.found.writes.add(qualified(database, 'sqlite_stat1'));
}

/** Reads an expression in a place where a bare word is a name and no column. */
function readNamed(reading: Reading, expr: Expr): void {
  if (expr.type !== 'Id') readExpression(reading, expr, undefined);
}

function leave(reading: Reading, effect: Effect, span: Span, also?: HazardCode): void {
  reading.found.effects.add(effect);
  hazard(reading, 'leaves-transaction', span);
  if (also !== undefined) hazard(reading, also, span);
}

function readPragma(reading: Reading, statement: PragmaStmt): void {
  const name = foldAscii(statement.name.objName.text);
  const span = statement.name.span;
  const kind = pragmaKind(name, statement.body !== undefined);
  switch (kind) {
    case 'read':
      reading.found.effects.add('read');
      return;
    case 'set':
      leave(reading, 'session', span, 'pragma-write');
      // It runs ANALYZE where it finds that worth while.
      if (name === 'optimize') noteStatistics(reading, 'main');
      if (isForeignKeyPragma(name)) hazard(reading, 'foreign-keys-pragma', span);
      return;
    case 'unknown':
      leave(reading, 'session', span, 'pragma-write');
      unknown(reading, 'unknown-pragma', span);
      return;
    default:
      kind satisfies never;
  }
}

const EXPLAINED: ReadonlySet<string> = new Set<AstNode['type']>([
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
]);

/** EXPLAIN runs nothing of a query or a change of rows; of anything else it may do the thing itself. */
function readExplain(reading: Reading, statement: ExplainStmt): void {
  const { found } = reading;
  const inner = statement.stmt;
  if (inner.type === 'PragmaStmt') {
    // Some pragmas act when they are prepared, so EXPLAIN does not hold them back.
    readPragma(reading, inner);
    leave(reading, 'session', inner.span, 'explain-effect');
    return;
  }
  readStatement(reading, inner);
  if (!EXPLAINED.has(inner.type)) {
    hazard(reading, 'explain-effect', inner.span);
    return;
  }
  keepReads(found, (code) => KEPT_BY_EXPLAIN.has(code));
}

const KEPT_BY_EXPLAIN: ReadonlySet<string> = new Set<HazardCode>([
  'unknown-function',
  'effectful-function',
  'load-extension',
  'unknown-table',
  'unknown-column',
  'unknown-pragma',
  'virtual-table',
  'opaque',
  'marker-table',
]);
