import { descend } from '../findings.ts';
import type { Scope } from '../findings.ts';
import { readCallName, readOperator, readType } from './calls.ts';
import { hazard, noteOpaque, unknown } from './reading.ts';
import type { Reading } from './reading.ts';
import { findSource, readColumn, readQualifiedColumn, readStar } from './scope.ts';
import { child, isTree, node, nodeOf, nodes, text, values, words } from './tree.ts';
import type { Node, Tree, Value } from './tree.ts';

/** Structures that are nothing special themselves, with the fields that hold expressions. */
const PLAIN: Readonly<Record<string, readonly string[]>> = {
  A_Const: [],
  ParamRef: [],
  String: [],
  Integer: [],
  A_Star: [],
  SetToDefault: [],
  BoolExpr: ['args'],
  NullTest: ['arg'],
  BooleanTest: ['arg'],
  CoalesceExpr: ['args'],
  MinMaxExpr: ['args'],
  CaseWhen: ['expr', 'result'],
  RowExpr: ['args'],
  A_ArrayExpr: ['elements'],
  A_Indices: ['lidx', 'uidx'],
  CollateClause: ['arg'],
  NamedArgExpr: ['arg'],
  GroupingFunc: ['args'],
  GroupingSet: ['content'],
  List: ['items'],
  ResTarget: ['val', 'indirection'],
  MultiAssignRef: ['source'],
  XmlExpr: ['named_args', 'args'],
  WindowDef: ['partitionClause', 'orderClause', 'startOffset', 'endOffset'],
};

/** Fields beside those that hold names, flags and numbers only. */
const BESIDE: ReadonlySet<string> = new Set([
  ...['location', 'ival', 'fval', 'boolval', 'sval', 'bsval', 'isnull', 'number', 'boolop', 'nulltesttype'],
  ...[
    'argisrow',
    'booltesttype',
    'op',
    'row_format',
    'colnames',
    'is_slice',
    'collname',
    'name',
    'argnumber',
  ],
  ...[
    'kind',
    'colno',
    'ncolumns',
    'xmloption',
    'indent',
    'refname',
    'frameOptions',
    'list_start',
    'list_end',
  ],
  ...['arg_names', 'type', 'typmod', 'minmaxtype', 'inputcollid'],
]);

/** Reads an expression, or any value of a tree: columns, functions, operators, casts and subqueries in it. */
export function readExpression(reading: Reading, value: Value | undefined, scope: Scope | undefined): void {
  if (value === undefined) return;
  if (Array.isArray(value)) {
    for (const item of value as readonly Value[]) readExpression(reading, item, scope);
    return;
  }
  const found = nodeOf(value);
  if (found !== undefined) {
    descend(reading, () => {
      readNode(reading, found, scope);
    });
  } else if (isTree(value)) unknown(reading, 'unknown-syntax');
}

function readNode(reading: Reading, { tag, body }: Node, scope: Scope | undefined): void {
  switch (tag) {
    case 'ColumnRef':
      readColumnRef(reading, body, scope);
      return;
    case 'FuncCall':
      readCall(reading, body, scope);
      return;
    case 'A_Expr':
      for (const operator of operatorsOf(body)) readOperator(reading, operator, body);
      readExpression(reading, body['lexpr'], scope);
      readExpression(reading, body['rexpr'], scope);
      return;
    case 'TypeCast':
      readType(reading, child(body, 'typeName'), body);
      readExpression(reading, body['arg'], scope);
      return;
    case 'SubLink':
      readSubLink(reading, body, scope);
      return;
    case 'CaseExpr':
      if (body['arg'] !== undefined) readOperator(reading, ['='], body);
      for (const field of ['arg', 'args', 'defresult']) readExpression(reading, body[field], scope);
      return;
    case 'SQLValueFunction':
      if (/_(?:DATE|TIME|TIMESTAMP|LOCALTIME|LOCALTIMESTAMP)(?:_N)?$/.test(text(body, 'op'))) {
        hazard(reading, 'nondeterministic', body);
      }
      return;
    case 'A_Indirection':
      readIndirection(reading, body, scope);
      return;
    case 'SortBy': {
      const using = words(values(body, 'useOp'));
      if (using.length > 0) readOperator(reading, using, body);
      readExpression(reading, body['node'], scope);
      return;
    }
    case 'CurrentOfExpr':
      // Which row a cursor stands on is not in the text.
      hazard(reading, 'opaque', body);
      return;
    default:
      readOther(reading, { tag, body }, scope);
  }
}

function readOther(reading: Reading, { tag, body }: Node, scope: Scope | undefined): void {
  const fields = PLAIN[tag];
  if (/^(?:Select|Insert|Update|Delete|Merge)Stmt$/.test(tag)) {
    reading.grammar.query(reading, { tag, body }, scope, scope?.ctes);
  } else if (fields !== undefined) {
    for (const field of fields) readExpression(reading, body[field], scope);
    const rest = Object.keys(body).filter((field) => !fields.includes(field) && !BESIDE.has(field));
    if (rest.length > 0) unknown(reading, 'unknown-syntax', body);
  } else if (/^Json|^Xml/.test(tag) || reading.definition) readLoosely(reading, body, scope);
  else unknown(reading, 'unknown-syntax', body);
}

/** Reads whatever stands anywhere in a structure, for those whose parts mean nothing by themselves. */
export function readLoosely(reading: Reading, value: Value | undefined, scope: Scope | undefined): void {
  if (Array.isArray(value)) {
    for (const item of value as readonly Value[]) readLoosely(reading, item, scope);
    return;
  }
  if (!isTree(value)) return;
  const found = nodeOf(value);
  if (found !== undefined) {
    readExpression(reading, value, scope);
    return;
  }
  descend(reading, () => {
    for (const [field, part] of Object.entries(value)) {
      if (field === 'typeName' && isTree(part)) {
        // A column's type in a definition converts nothing by itself.
        if (!reading.definition) readType(reading, part, value);
      } else if (field === 'over' || field === 'func' || field === 'constructor')
        readPart(reading, field, part, scope);
      else readLoosely(reading, part, scope);
    }
  });
}

function readPart(reading: Reading, field: string, part: Value | undefined, scope: Scope | undefined): void {
  if (field === 'over') readWindow(reading, isTree(part) ? part : undefined, scope);
  else if (field === 'func' && isTree(part) && part['funcname'] !== undefined) readCall(reading, part, scope);
  else readLoosely(reading, part, scope);
}

function readColumnRef(reading: Reading, body: Tree, scope: Scope | undefined): void {
  const fields = nodes(body, 'fields');
  const parts = words(values(body, 'fields'));
  const [first = '', second = '', third = '', fourth = ''] = parts;
  if (fields.at(-1)?.tag === 'A_Star') {
    if (parts.length === 0) for (const source of scope?.sources ?? []) readStar(reading, source);
    else readStarOf(reading, scope, parts, body);
  } else if (parts.length === 1) readColumn(reading, scope, first, body);
  else if (parts.length === 2) {
    readQualifiedColumn(reading, scope, { schema: '', table: first, column: second }, body);
  } else if (parts.length === 3) {
    readQualifiedColumn(reading, scope, { schema: first, table: second, column: third }, body);
  } else readQualifiedColumn(reading, scope, { schema: second, table: third, column: fourth }, body);
}

function readStarOf(reading: Reading, scope: Scope | undefined, parts: readonly string[], body: Tree): void {
  const source = findSource(reading, scope, parts.at(-2) ?? '', parts.at(-1) ?? '');
  if (source === undefined) unknown(reading, 'unknown-column', body);
  else readStar(reading, source);
}

/** Reads a call with its arguments, order, filter and window. */
export function readCall(reading: Reading, body: Tree, scope: Scope | undefined): void {
  readCallName(reading, body);
  for (const field of ['args', 'agg_order', 'agg_filter']) readExpression(reading, body[field], scope);
  readWindow(reading, child(body, 'over'), scope);
}

/** Reads the definition of a window; undefined is none. */
export function readWindow(reading: Reading, window: Tree | undefined, scope: Scope | undefined): void {
  if (window === undefined) return;
  readExpression(reading, { WindowDef: window }, scope);
}

function operatorsOf(body: Tree): readonly (readonly string[])[] {
  const name = words(values(body, 'name'));
  switch (text(body, 'kind')) {
    case 'AEXPR_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
      return [['>='], ['<=']];
    case 'AEXPR_NOT_BETWEEN':
    case 'AEXPR_NOT_BETWEEN_SYM':
      return [['<'], ['>']];
    default:
      return [name];
  }
}

function readSubLink(reading: Reading, body: Tree, scope: Scope | undefined): void {
  const kind = text(body, 'subLinkType');
  if (kind === 'ANY_SUBLINK' || kind === 'ALL_SUBLINK') {
    const name = words(values(body, 'operName'));
    readOperator(reading, name.length === 0 ? ['='] : name, body);
  }
  readExpression(reading, body['testexpr'], scope);
  const query = node(body, 'subselect');
  if (query === undefined) noteOpaque(reading, body);
  else reading.grammar.query(reading, query, scope, scope?.ctes);
}

/** `(x).name` is a field of a row, or the function of that name called with it: only a table's row is known. */
function readIndirection(reading: Reading, body: Tree, scope: Scope | undefined): void {
  const [field] = words(values(body, 'indirection'));
  const row = node(body, 'arg');
  const names = row?.tag === 'ColumnRef' ? words(values(row.body, 'fields')) : [];
  const [table, second] = names;
  if (field !== undefined && table !== undefined && second === undefined) {
    if (findSource(reading, scope, '', table) !== undefined) {
      readQualifiedColumn(reading, scope, { schema: '', table, column: field }, body);
      return;
    }
  }
  if (field !== undefined) unknown(reading, 'unknown-function', body);
  readExpression(reading, body['arg'], scope);
  readExpression(reading, body['indirection'], scope);
}
