import { parse } from 'sqlite3-parser';
import type { CmdList, Stmt } from 'sqlite3-parser';
import type { Catalog } from '../catalog.ts';
import { SqlError } from '../error.ts';
import type { Hazard, StatementFacts } from '../facts.ts';
import { countNames, emptyFindings, placed, statementFacts, whole } from '../findings.ts';
import type { Piece as Place } from '../findings.ts';
import type { HazardCode } from '../hazards.ts';
import { LIMITS } from '../limits.ts';
import type { TextFacts } from '../assemble.ts';
import { unreadText } from '../assemble.ts';
import { readView } from './body.ts';
import type { Grammar, Reading } from './reading.ts';
import { scanSqlite } from './scan.ts';
import type { Scan } from './scan.ts';
import { Schema } from './schema.ts';
import { readSelect } from './select.ts';
import { readStatement, statementKind } from './statement.ts';

const grammar: Grammar = { select: readSelect, view: readView };
const WORD = /[A-Za-z]+/y;

interface Piece extends Place {
  readonly statement: Stmt;
}

/** The names that a list of texts is read against, one after the other. */
export function sqliteSchema(catalog: Catalog | undefined): Schema {
  return new Schema(catalog);
}

/** Reads one text as SQLite would; what it makes is added to `schema` for the texts after it. */
export function classifySqlite(sql: string, text: number, schema: Schema): TextFacts {
  const scan = scanSqlite(sql);
  const marks = scan.marks.map((mark) => placed(mark, text));
  if (scan.refusal !== undefined) return unreadText(sql, text, [...marks, placed(scan.refusal, text)]);
  if (!scan.starts.some((start) => sql.charAt(start) !== ';')) {
    return {
      statements: [],
      parsed: false,
      hazards: [...marks, placed(whole('empty-text'), text)],
      relations: [],
    };
  }
  const pieces = cut(sql, scan);
  if (pieces === undefined) return unreadText(sql, text, [...marks, placed(whole('parse-failed'), text)]);
  try {
    return readPieces(sql, text, schema, pieces, marks);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    const code: HazardCode = error.code === 'sql/tree-too-deep' ? 'text-too-deep' : 'text-too-complex';
    return unreadText(sql, text, [...marks, placed(whole(code), text)]);
  }
}

/**
 * The statements with their places, or undefined when the text does not parse or when parser and
 * scanner do not agree on where statements begin and end.
 */
function cut(sql: string, scan: Scan): readonly Piece[] | undefined {
  const list = parsed(sql);
  if (list === undefined) return undefined;
  const pieces: Piece[] = [];
  let next = 0;
  for (const statement of list.cmds) {
    while (sql.charAt(scan.starts[next] ?? sql.length) === ';') next += 1;
    const start = scan.starts[next];
    const end = statement.span.offset + statement.span.length;
    if (start === undefined || end <= start) return undefined;
    while ((scan.starts[next] ?? sql.length) < end) next += 1;
    // What follows a statement is its semicolon or the end of the text.
    const after = scan.starts[next];
    if (after !== undefined && sql.charAt(after) !== ';') return undefined;
    pieces.push({ statement, start, end });
  }
  return scan.starts.slice(next).every((start) => sql.charAt(start) === ';') ? pieces : undefined;
}

function parsed(sql: string): CmdList | undefined {
  const result = parse(sql);
  return result.status === 'ok' ? result.root : undefined;
}

function readPieces(
  sql: string,
  text: number,
  schema: Schema,
  pieces: readonly Piece[],
  marks: readonly Hazard[],
): TextFacts {
  const statements: StatementFacts[] = [];
  const relations = new Set<string>();
  let names = 0;
  for (const piece of pieces) {
    const found = emptyFindings();
    const reading: Reading = { source: sql, anchor: undefined, schema, grammar, found };
    WORD.lastIndex = piece.start;
    const kind = statementKind(piece.statement, WORD.exec(sql)?.[0] ?? '');
    if (kind === undefined) return unreadText(sql, text, [...marks, placed(whole('parse-failed'), text)]);
    readStatement(reading, piece.statement);
    names += countNames(found);
    if (names > LIMITS.namesMax)
      throw new SqlError('sql/too-many-names', `more than ${LIMITS.namesMax} names`);
    for (const relation of found.relations) relations.add(relation);
    const inside = marks.filter((mark) => mark.offset >= piece.start && mark.offset < piece.end);
    statements.push(statementFacts({ sql, text }, piece, kind, found, inside));
  }
  const used = new Set(statements.flatMap((statement) => statement.hazards));
  const outside = marks.filter((mark) => !used.has(mark));
  const several = pieces[1];
  if (several !== undefined) {
    outside.push({ code: 'multiple-statements', text, offset: several.start, length: 0 });
  }
  return { statements, parsed: true, hazards: outside, relations: [...relations] };
}
