import { utf8Length } from '@countersign/codec';
import { unreadText } from '../assemble.ts';
import type { TextFacts } from '../assemble.ts';
import { SqlError } from '../error.ts';
import type { Hazard, StatementFacts } from '../facts.ts';
import { countNames, placed, statementFacts, whole } from '../findings.ts';
import type { Piece as Place } from '../findings.ts';
import type { HazardCode } from '../hazards.ts';
import { LIMITS } from '../limits.ts';
import { readQuery } from './dml.ts';
import { hasParser, parsePostgres } from './parser.ts';
import { emptyFindings, hazard, noteOpaque, unknown } from './reading.ts';
import type { Grammar, Reading } from './reading.ts';
import { scanPostgres } from './scan.ts';
import type { Scan } from './scan.ts';
import type { Schema } from './schema.ts';
import { nodeOf } from './tree.ts';
import type { Node } from './tree.ts';
import { kindOf, readStatement } from './utility.ts';

interface Piece extends Place {
  readonly statement: Node;
}

const grammar: Grammar = { query: readQuery, view: readView };

/** Reads one text as PostgreSQL would; what it makes is added to `schema` for the texts after it. */
export function classifyPostgres(sql: string, text: number, schema: Schema): TextFacts {
  const scan = scanPostgres(sql);
  const marks = scan.marks.map((mark) => placed(mark, text));
  const refuse = (code: HazardCode): TextFacts =>
    unreadText(sql, text, [...marks, placed(whole(code), text)]);
  if (scan.refusal !== undefined) return unreadText(sql, text, [...marks, placed(scan.refusal, text)]);
  if (!hasParser()) return refuse('dialect-not-prepared');
  if (!scan.starts.some((start) => sql.charAt(start) !== ';')) {
    return {
      statements: [],
      parsed: false,
      hazards: [...marks, placed(whole('empty-text'), text)],
      relations: [],
    };
  }
  // With the setting off a backslash hides the end of a plain literal.
  if (schema.catalog?.standardConformingStrings === false && sql.includes('\\'))
    return refuse('parse-failed');
  const units = unitsOf(sql);
  const pieces = cut(sql, scan, units);
  if (pieces === undefined) return refuse('parse-failed');
  try {
    return readPieces({ sql, text, schema, scan, units, marks }, pieces);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    return refuse(error.code === 'sql/tree-too-deep' ? 'text-too-deep' : 'text-too-complex');
  }
}

interface Text {
  readonly sql: string;
  readonly text: number;
  readonly schema: Schema;
  readonly scan: Scan;
  readonly units: (bytes: number) => number;
  readonly marks: readonly Hazard[];
}

/** Turns the parser's byte offsets into UTF-16 code units of the text. */
function unitsOf(sql: string): (bytes: number) => number {
  const length = utf8Length(sql);
  if (length === sql.length) return (bytes) => bytes;
  const units = new Uint32Array(length + 1);
  let byte = 0;
  for (let unit = 0; unit < sql.length; unit += 1) {
    units[byte] = unit;
    const codePoint = sql.codePointAt(unit) ?? 0;
    byte += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    if (codePoint >= 0x10000) unit += 1;
  }
  units[byte] = sql.length;
  return (bytes) => units[Math.min(bytes, length)] ?? 0;
}

/**
 * The statements with their places, or undefined when the text does not parse or when parser and
 * scanner do not agree on where statements begin and end.
 */
function cut(sql: string, scan: Scan, units: (bytes: number) => number): readonly Piece[] | undefined {
  const list = parsePostgres(sql);
  if (list === undefined) return undefined;
  const { starts, ends } = scan;
  const pieces: Piece[] = [];
  let next = 0;
  for (const raw of list) {
    const statement = nodeOf(raw['stmt']);
    while (sql.charAt(starts[next] ?? sql.length) === ';') next += 1;
    const start = starts[next];
    const bytes = Number(raw['stmt_location'] ?? 0);
    const length = Number(raw['stmt_len'] ?? 0);
    const limit = length === 0 ? sql.length : units(bytes + length);
    if (statement === undefined || start === undefined || start < units(bytes) || limit <= start)
      return undefined;
    let end = start;
    for (; (starts[next] ?? sql.length) < limit; next += 1) {
      // The last statement runs to the end of the text, over semicolons that end it.
      if (length === 0 && sql.charAt(starts[next] ?? 0) === ';' && isRest(sql, starts, next)) break;
      end = ends[next] ?? limit;
    }
    const after = starts[next];
    if (end > limit || (after !== undefined && sql.charAt(after) !== ';')) return undefined;
    pieces.push({ statement, start, end });
  }
  return isRest(sql, starts, next) ? pieces : undefined;
}

/** True when nothing but semicolons is left. */
function isRest(sql: string, starts: readonly number[], from: number): boolean {
  for (let at = from; at < starts.length; at += 1) if (sql.charAt(starts[at] ?? 0) !== ';') return false;
  return true;
}

function readPieces(source: Text, pieces: readonly Piece[]): TextFacts {
  const { text, schema, marks } = source;
  const statements: StatementFacts[] = [];
  const assumed = {
    relations: new Set<string>(),
    functions: new Set<string>(),
    casts: new Set<string>(),
    operators: new Set<string>(),
  };
  let names = 0;
  for (const piece of pieces) {
    const found = emptyFindings();
    const reading: Reading = { place: placesOf(source, piece), schema, grammar, definition: false, found };
    // What an earlier statement made of the names cannot be told from the text.
    const changed = schema.changed;
    readStatement(reading, piece.statement);
    if (changed && !isPlainControl(piece.statement)) unknown(reading, 'names-changed');
    if (found.effects.size === 0) unknown(reading, 'unknown-syntax');
    names += countNames(found);
    if (names > LIMITS.namesMax)
      throw new SqlError('sql/too-many-names', `more than ${LIMITS.namesMax} names`);
    for (const name of found.relations) assumed.relations.add(name);
    for (const name of found.assumedFunctions) assumed.functions.add(name);
    for (const name of found.casts) assumed.casts.add(name);
    for (const name of found.operators) assumed.operators.add(name);
    const inside = marks.filter((mark) => mark.offset >= piece.start && mark.offset < piece.end);
    statements.push(statementFacts(source, piece, kindOf(piece.statement), found, inside));
  }
  const used = new Set(statements.flatMap((statement) => statement.hazards));
  const outside = marks.filter((mark) => !used.has(mark));
  const several = pieces[1];
  if (several !== undefined)
    outside.push({ code: 'multiple-statements', text, offset: several.start, length: 0 });
  return {
    statements,
    parsed: true,
    hazards: outside,
    relations: [...assumed.relations],
    functions: [...assumed.functions],
    casts: [...assumed.casts],
    operators: [...assumed.operators],
  };
}

/** Transaction control does the same whatever names mean. */
function isPlainControl({ tag }: Node): boolean {
  return tag === 'TransactionStmt' || tag === 'VariableSetStmt' || tag === 'VariableShowStmt';
}

/** Finds the token at a byte offset; what lies outside the statement is the statement's first token. */
function placesOf({ scan, units }: Text, piece: Piece): Reading['place'] {
  return (bytes) => {
    const at = bytes === undefined ? piece.start : units(bytes);
    const offset = at < piece.start || at >= piece.end ? piece.start : at;
    let [low, high] = [0, scan.starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((scan.starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { offset, length: Math.max(0, (scan.ends[low] ?? offset) - offset) };
  };
}

/** Reads a view's query, given as a bare query or as its CREATE text, at the place that reached it. */
function readView(reading: Reading, table: string, sql: string): void {
  reading.schema.definitions.spend(sql.length);
  const scan = scanPostgres(sql);
  const [first, second] = scan.refusal === undefined ? (parsePostgres(sql) ?? []) : [];
  const statement = nodeOf(first?.['stmt']);
  const query = statement?.tag === 'ViewStmt' ? nodeOf(statement.body['query']) : statement;
  if (second !== undefined || query?.tag !== 'SelectStmt') {
    noteOpaque(reading);
    hazard(reading, 'opaque');
    return;
  }
  const here = reading.place(undefined);
  readQuery({ ...reading, place: () => here }, query, undefined, undefined);
  reading.found.bodies.add(table);
}
