import { unreadText } from '../assemble.ts';
import type { TextFacts } from '../assemble.ts';
import { SqlError } from '../error.ts';
import type { Hazard, StatementFacts } from '../facts.ts';
import { countNames, emptyFindings, placed, statementFacts, whole } from '../findings.ts';
import { LIMITS } from '../limits.ts';
import { readTrigger, readView } from './body.ts';
import { isNotEverywhere } from './functions.ts';
import { tokensFrom } from './parser.ts';
import { unknown } from './reading.ts';
import type { Grammar, Reading } from './reading.ts';
import { scanMysql } from './scan.ts';
import type { Schema } from './schema.ts';
import { readQuery } from './select.ts';
import { statement } from './statement-grammar.ts';
import { kindOf, readStatement } from './statement.ts';
import type { Tokens } from './tokens.ts';
import type { Statement } from './tree.ts';

const grammar: Grammar = { query: readQuery, view: readView, trigger: readTrigger };

/** Reads one text as a server in the schema's modes would; what it makes is added to `schema`. */
export function classifyMysql(sql: string, text: number, schema: Schema): TextFacts {
  const { modes } = schema;
  if (modes === undefined) return unreadText(sql, text, [placed(whole('dialect-not-supported'), text)]);
  const scan = scanMysql(sql, modes);
  const marks = scan.marks.map((mark) => placed(mark, text));
  if (scan.refusal !== undefined) return unreadText(sql, text, [...marks, placed(scan.refusal, text)]);
  const tokens = tokensFrom(sql, scan, modes);
  try {
    const statements = parsed(tokens);
    if (statements.length === 0) {
      return {
        statements: [],
        parsed: false,
        hazards: [...marks, placed(whole('empty-text'), text)],
        relations: [],
      };
    }
    return readAll({ sql, text, schema, marks }, statements);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    return unreadText(sql, text, [...marks, placed(failure(error, tokens), text)]);
  }
}

function failure(error: SqlError, { token }: Tokens): ReturnType<typeof whole> {
  if (error.code === 'sql/tree-too-deep') return whole('text-too-deep');
  if (error.code !== 'sql/unread') return whole('text-too-complex');
  return { code: 'parse-failed', offset: token.start, length: token.end - token.start };
}

function parsed(tokens: Tokens): readonly Statement[] {
  const statements: Statement[] = [];
  for (;;) {
    while (tokens.acceptSymbol(';'));
    if (tokens.token.kind === 'end') return statements;
    statements.push(statement(tokens));
  }
}

interface Text {
  readonly sql: string;
  readonly text: number;
  readonly schema: Schema;
  readonly marks: readonly Hazard[];
}

function readAll(source: Text, statements: readonly Statement[]): TextFacts {
  const { text, schema, marks } = source;
  const facts: StatementFacts[] = [];
  const relations = new Set<string>();
  let names = 0;
  for (const item of statements) {
    const found = emptyFindings();
    const database = schema.catalog?.currentSchema;
    const reading: Reading = { anchor: undefined, variables: false, database, schema, grammar, found };
    // What an earlier statement made of the names and modes cannot be told from the text.
    const { changed } = schema;
    readStatement(reading, item);
    if (changed) unknown(reading, 'names-changed', item.span);
    names += countNames(found);
    if (names > LIMITS.namesMax)
      throw new SqlError('sql/too-many-names', `more than ${LIMITS.namesMax} names`);
    for (const relation of found.relations) relations.add(relation);
    const piece = { start: item.span.offset, end: item.span.offset + item.span.length };
    const inside = marks.filter((mark) => mark.offset >= piece.start && mark.offset < piece.end);
    facts.push(statementFacts(source, piece, kindOf(item.act), found, inside));
  }
  const used = new Set(facts.flatMap((statement) => statement.hazards));
  const outside = marks.filter((mark) => !used.has(mark));
  const several = facts[1];
  if (several !== undefined)
    outside.push({ code: 'multiple-statements', text, offset: several.offset, length: 0 });
  const functions = schema.catalog?.functions === undefined ? assumedFunctions(facts, schema) : [];
  return { statements: facts, parsed: true, hazards: outside, relations: [...relations], functions };
}

/** Functions called that only some versions of the server have built in. */
function assumedFunctions(statements: readonly StatementFacts[], { modes }: Schema): readonly string[] {
  const called = statements.flatMap(({ functions }) => functions);
  return called.filter((name) => isNotEverywhere(name, modes?.dialect ?? 'mariadb'));
}
