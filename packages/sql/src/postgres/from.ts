import { SqlError } from '../error.ts';
import { LIMITS } from '../limits.ts';
import { readOperator, readType } from './calls.ts';
import { readCall, readExpression, readLoosely } from './expression.ts';
import { hazard, unknown } from './reading.ts';
import { descend, scopeOf } from '../findings.ts';
import type { Columns, CteScope, Scope, Source } from '../findings.ts';
import type { Reading } from './reading.ts';
import { readRelation } from './relation.ts';
import { readStar } from './scope.ts';
import { child, flag, node, nodeOf, nodes, text, values, words } from './tree.ts';
import type { Node, Tree, Value } from './tree.ts';

/** Tables of one FROM; PostgreSQL has no limit of its own. */
const JOIN_MAX = 256;
const SAMPLING: ReadonlySet<string> = new Set(['bernoulli', 'system']);

/** Reads the items of a FROM and returns its sources in order. */
export function readFrom(
  reading: Reading,
  items: readonly Value[],
  outer: Scope | undefined,
  ctes: CteScope | undefined,
): readonly Source[] {
  const sources: Source[] = [];
  for (const item of items) {
    sources.push(...readItem(reading, nodeOf(item), scopeOf([...sources], outer, ctes)));
    if (sources.length > JOIN_MAX) {
      throw new SqlError('sql/too-many-tables', `more than ${JOIN_MAX} tables joined`);
    }
  }
  return sources;
}

/** Reads one item; `beside` holds what stands before it, which functions and LATERAL may use. */
function readItem(reading: Reading, item: Node | undefined, beside: Scope): readonly Source[] {
  return descend(reading, () => {
    switch (item?.tag) {
      case 'RangeVar':
        return [readTable(reading, item.body, beside)];
      case 'RangeSubselect':
        return [readSubselect(reading, item.body, beside)];
      case 'RangeFunction':
        return [readFunctions(reading, item.body, beside)];
      case 'JoinExpr':
        return readJoin(reading, item.body, beside);
      case 'RangeTableSample':
        return readSample(reading, item.body, beside);
      case 'RangeTableFunc':
      case 'JsonTable':
        readLoosely(reading, { ...item.body, alias: false }, beside);
        return [derived(item.body, undefined)];
      default:
        unknown(reading, 'unknown-syntax', item?.body);
        return [];
    }
  });
}

function derived(body: Tree, columns: Columns): Source {
  const alias = child(body, 'alias');
  const name = text(alias, 'aliasname');
  const given = words(values(alias, 'colnames'));
  const renamed = columns === undefined ? undefined : [...given, ...columns.slice(given.length)];
  return { name: name === '' ? undefined : name, table: undefined, columns: renamed };
}

function readTable(reading: Reading, range: Tree, beside: Scope): Source {
  const source = readRelation(reading, range, beside.ctes);
  if (child(range, 'alias')?.['colnames'] === undefined) return source;
  readStar(reading, source);
  return derived(range, source.columns);
}

function readSubselect(reading: Reading, body: Tree, beside: Scope): Source {
  const query = node(body, 'subquery');
  if (query === undefined) {
    unknown(reading, 'unknown-syntax', body);
    return derived(body, undefined);
  }
  const outer = flag(body, 'lateral') ? beside : beside.outer;
  return derived(body, reading.grammar.query(reading, query, outer, beside.ctes));
}

function readFunctions(reading: Reading, body: Tree, beside: Scope): Source {
  for (const item of nodes(body, 'functions')) {
    for (const part of item.tag === 'List' ? nodes(item.body, 'items') : [item]) {
      if (part.tag === 'FuncCall') readCall(reading, part.body, beside);
      else if (part.tag === 'List') readDefinitions(reading, values(part.body, 'items'));
      else readExpression(reading, { [part.tag]: part.body }, beside);
    }
  }
  readDefinitions(reading, values(body, 'coldeflist'));
  return derived(body, undefined);
}

/** `AS (a int, b text)`: what the function's rows are converted to. */
function readDefinitions(reading: Reading, items: readonly Value[]): void {
  for (const item of items) {
    const column = nodeOf(item)?.body;
    if (column !== undefined) readType(reading, child(column, 'typeName'), column);
  }
}

function readSample(reading: Reading, body: Tree, beside: Scope): readonly Source[] {
  const method = words(values(body, 'method'));
  if (SAMPLING.has(method.at(-1) ?? '')) hazard(reading, 'nondeterministic', body);
  else unknown(reading, 'unknown-function', body);
  const sources = readItem(reading, node(body, 'relation'), beside);
  readExpression(reading, body['args'], beside);
  readExpression(reading, body['repeatable'], beside);
  return sources;
}

function readJoin(reading: Reading, body: Tree, beside: Scope): readonly Source[] {
  const left = readItem(reading, node(body, 'larg'), beside);
  const within = scopeOf([...beside.sources, ...left], beside.outer, beside.ctes);
  const right = readItem(reading, node(body, 'rarg'), within);
  const both = [...left, ...right];
  if (both.length > LIMITS.joinMax * 4) throw new SqlError('sql/too-many-tables', 'too many tables joined');
  const using = words(values(body, 'usingClause'));
  if (using.length > 0 || flag(body, 'isNatural')) {
    readOperator(reading, ['='], body);
    readShared(reading, left, right, flag(body, 'isNatural') ? undefined : using);
  }
  readExpression(reading, body['quals'], scopeOf(both, within, beside.ctes));
  if (body['alias'] === undefined) return both;
  for (const source of both) readStar(reading, source);
  return [derived(body, undefined)];
}

/** Notes the columns that USING names or NATURAL finds on both sides. */
function readShared(
  reading: Reading,
  left: readonly Source[],
  right: readonly Source[],
  named: readonly string[] | undefined,
): void {
  for (const source of [...left, ...right]) {
    if (source.table === undefined) continue;
    const others = left.includes(source) ? right : left;
    const both = named ?? source.columns?.filter((name) => others.some((other) => has(other, name)));
    if (both === undefined) reading.found.columnsRead.add(`${source.table}.*`);
    for (const column of both ?? []) {
      if (has(source, column)) reading.found.columnsRead.add(`${source.table}.${column}`);
    }
  }
}

function has(source: Source, column: string): boolean {
  return source.columns?.includes(column) ?? true;
}
