import { keepReads } from '../findings.ts';
import { readDefinition } from './ddl.ts';
import { whereForm } from './dml.ts';
import { readExpression } from './expression.ts';
import { KINDS, KIND_NAMES } from './kinds.ts';
import { hazard, noteOpaque, unknown } from './reading.ts';
import type { Reading } from './reading.ts';
import { readRelation, tableName } from './relation.ts';
import { noteInto } from './select.ts';
import { child, flag, node, nodes, text, values, words } from './tree.ts';
import type { Node, Tree } from './tree.ts';
import { noteWrite } from './write.ts';

/** The kebab-case verb of a statement. */
export function kindOf({ tag, body }: Node): string {
  if (tag === 'DropStmt') return `drop-${kebab(text(body, 'removeType').replace('OBJECT_', ''))}`;
  if (tag === 'TransactionStmt') return kebab(text(body, 'kind').replace('TRANS_STMT_', ''));
  if (tag === 'VacuumStmt') return flag(body, 'is_vacuumcmd') ? 'vacuum' : 'analyze';
  if (tag === 'GrantStmt' || tag === 'GrantRoleStmt') return flag(body, 'is_grant') ? 'grant' : 'revoke';
  const name = KIND_NAMES[tag];
  return name ?? kebab(tag.replace(/Stmt$/, '').replace(/(?<=[a-z])(?=[A-Z])/g, '_'));
}

function kebab(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** Notes everything one statement does. */
export function readStatement(reading: Reading, statement: Node): void {
  const { tag, body } = statement;
  const { found } = reading;
  switch (tag) {
    case 'SelectStmt':
      reading.grammar.query(reading, statement, undefined, undefined);
      found.limited = body['limitCount'] !== undefined;
      found.where = body['fromClause'] === undefined ? 'none' : whereForm(body);
      return;
    case 'InsertStmt':
    case 'MergeStmt':
      reading.grammar.query(reading, statement, undefined, undefined);
      return;
    case 'UpdateStmt':
    case 'DeleteStmt':
      reading.grammar.query(reading, statement, undefined, undefined);
      found.where = whereForm(body);
      return;
    case 'ExplainStmt':
      readExplain(reading, body);
      return;
    case 'CopyStmt':
      readCopy(reading, body);
      return;
    case 'CreateTableAsStmt':
      readCreateAs(reading, body);
      return;
    case 'PrepareStmt':
    case 'DeclareCursorStmt':
      readKept(reading, body);
      return;
    default:
      readUtility(reading, statement);
  }
}

function readUtility(reading: Reading, statement: Node): void {
  const { tag, body } = statement;
  const kind = KINDS[tag];
  if (tag !== 'ViewStmt' && kind === undefined) {
    unknown(reading, 'unknown-syntax', body);
    return;
  }
  for (const effect of kind?.effects ?? []) reading.found.effects.add(effect);
  if (kind?.opaque === true) {
    reading.found.opaque = true;
    hazard(reading, 'opaque');
  }
  const within = { ...reading, definition: true };
  switch (tag) {
    case 'TruncateStmt':
      for (const relation of nodes(body, 'relations')) {
        const table = tableName(reading, relation.body);
        noteWrite(reading, { table, operation: 'truncate', columns: undefined }, relation.body);
      }
      hazard(reading, text(body, 'behavior') === 'DROP_CASCADE' ? 'cascade' : 'write-without-where');
      if (text(body, 'behavior') === 'DROP_CASCADE') unknown(reading, 'cascade');
      break;
    case 'LockStmt':
      for (const { body: range } of nodes(body, 'relations')) readRelation(reading, range, undefined);
      hazard(reading, 'takes-locks');
      break;
    case 'NotifyStmt':
      hazard(reading, 'notify');
      break;
    case 'VariableSetStmt':
    case 'DiscardStmt':
      hazard(reading, 'session-setting');
      break;
    case 'CallStmt':
      readExpression(reading, { FuncCall: child(body, 'funccall') ?? {} }, undefined);
      break;
    case 'ExecuteStmt':
      readExpression(reading, values(body, 'params'), undefined);
      break;
    case 'VacuumStmt':
      readVacuum(reading, body);
      return;
    default:
      readDefinition(within, statement);
  }
  if (kind?.leaves === true || leaves(statement)) hazard(reading, 'leaves-transaction');
  if (kind?.renames === true) reading.schema.changed = true;
}

/** Forms of statements that cannot stand in a transaction, or that steer it. */
function leaves({ tag, body }: Node): boolean {
  if (tag === 'IndexStmt') return flag(body, 'concurrent');
  if (tag === 'DropStmt') return flag(body, 'concurrent');
  if (tag === 'AlterTableStmt') return nodes(body, 'cmds').some(({ body: command }) => isConcurrent(command));
  if (tag === 'ReindexStmt') {
    const options = nodes(body, 'params').map((option) => text(option.body, 'defname'));
    return options.includes('concurrently') || !/OBJECT_(?:INDEX|TABLE)$/.test(text(body, 'kind'));
  }
  return (
    tag === 'VariableSetStmt' &&
    /^(?:TRANSACTION|SESSION CHARACTERISTICS|transaction_)/.test(text(body, 'name'))
  );
}

/** DETACH PARTITION … CONCURRENTLY. */
function isConcurrent(command: Tree): boolean {
  return flag(child(child(command, 'def') ?? {}, 'PartitionCmd') ?? {}, 'concurrent');
}

function readVacuum(reading: Reading, body: Tree): void {
  for (const { body: item } of nodes(body, 'rels')) {
    const range = child(item, 'relation');
    if (range !== undefined) readRelation(reading, range, undefined);
  }
  reading.found.writes.add('pg_catalog.pg_statistic');
  if (!flag(body, 'is_vacuumcmd')) return;
  hazard(reading, 'vacuum');
  hazard(reading, 'leaves-transaction');
}

/** PREPARE and DECLARE keep a query for later; what it does is noted, when it does it is not known. */
function readKept(reading: Reading, body: Tree): void {
  reading.found.effects.add('session');
  hazard(reading, 'opaque');
  reading.found.opaque = true;
  const query = node(body, 'query');
  if (query === undefined) unknown(reading, 'unknown-syntax', body);
  else readStatement(reading, query);
}

function readCreateAs(reading: Reading, body: Tree): void {
  const query = node(body, 'query');
  if (query?.tag === 'ExecuteStmt') noteOpaque(reading, query.body);
  else if (query !== undefined) readStatement(reading, query);
  const table = noteInto(reading, child(body, 'into') ?? {});
  reading.found.where = 'none';
  reading.found.limited = false;
  reading.schema.make(table, { kind: 'table', columns: undefined, cascades: [] });
}

function isFalse(option: Tree): boolean {
  const value = node(option, 'arg');
  if (value === undefined) return false;
  if (value.tag === 'Integer') return (value.body['ival'] ?? 0) === 0;
  if (value.tag === 'Boolean') return value.body['boolval'] !== true;
  return value.tag === 'String' && /^(?:false|off)$/i.test(text(value.body, 'sval'));
}

/** EXPLAIN plans a query, which runs nothing but functions that are judged anyway; ANALYZE runs it. */
function readExplain(reading: Reading, body: Tree): void {
  const query = node(body, 'query');
  if (query === undefined || query.tag === 'ExecuteStmt') {
    noteOpaque(reading, body);
    return;
  }
  const runs = nodes(body, 'options').some(
    ({ body: option }) => text(option, 'defname') === 'analyze' && !isFalse(option),
  );
  readStatement(reading, query);
  const { found } = reading;
  if (runs) {
    const reads = [...found.effects].every((effect) => effect === 'read');
    if (!reads) hazard(reading, 'explain-effect');
    return;
  }
  if (!/^(?:Select|Insert|Update|Delete|Merge|CreateTableAs|DeclareCursor)Stmt$/.test(query.tag)) {
    hazard(reading, 'explain-effect');
    return;
  }
  keepReads(found, (code) => KEPT.test(code));
  // Planning works out what is stable before anything runs, a setting or a lock too.
  if (/effectful|setting|locks|notify|sequence/.test([...found.marks.keys()].join()))
    found.effects.add('session');
}

const KEPT =
  /^(?:unknown-|effectful-|opaque|marker-table|session-setting|takes-locks|notify|sequence|virtual-table)/;

/** COPY reads or writes rows; to and from files and programs it acts on the server. */
function readCopy(reading: Reading, body: Tree): void {
  const { found } = reading;
  const range = child(body, 'relation');
  const query = node(body, 'query');
  const columns = words(values(body, 'attlist'));
  if (query !== undefined) readStatement(reading, query);
  else if (range === undefined) unknown(reading, 'unknown-syntax', body);
  else if (flag(body, 'is_from')) {
    const table = tableName(reading, range);
    noteWrite(
      reading,
      { table, operation: 'insert', columns: columns.length > 0 ? columns : undefined },
      range,
    );
    found.opaque = true;
    hazard(reading, 'opaque');
  } else {
    const source = readRelation(reading, range, undefined);
    found.effects.add('read');
    for (const column of columns.length > 0 ? columns : ['*'])
      found.columnsRead.add(`${source.table ?? '?'}.${column}`);
  }
  readExpression(reading, body['whereClause'], undefined);
  if (flag(body, 'is_program') || text(body, 'filename') !== '') {
    found.effects.add('admin');
    hazard(reading, 'server-file');
  }
  found.where = 'none';
}
