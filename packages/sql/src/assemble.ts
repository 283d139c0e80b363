import { EFFECTS } from './facts.ts';
import type { Dialect, Effect, Facts, Hazard, StatementFacts } from './facts.ts';
import { sortedNames } from './text.ts';

/** What was read out of one text. */
export interface TextFacts {
  readonly statements: readonly StatementFacts[];
  readonly parsed: boolean;
  /** Hazards that belong to no one statement. */
  readonly hazards: readonly Hazard[];
  /** Relations that are assumed to be plain tables. */
  readonly relations: readonly string[];
  /** Functions, types cast to and operators that are assumed to be the built-in ones of their names. */
  readonly functions?: readonly string[];
  readonly casts?: readonly string[];
  readonly operators?: readonly string[];
}

/** The answer for a text that was not read: one statement of which nothing is known. */
export function unreadText(sql: string, text: number, hazards: readonly Hazard[]): TextFacts {
  const statement: StatementFacts = {
    sql,
    text,
    offset: 0,
    kind: 'unknown',
    effects: ['unknown'],
    reads: [],
    writes: [],
    columnsRead: [],
    columnsWritten: [],
    where: 'none',
    limited: false,
    functions: [],
    hazards: [],
    opaque: true,
  };
  return { statements: [statement], parsed: false, hazards, relations: [] };
}

/** Puts the texts of one submission together. */
export function assemble(dialect: Dialect, texts: readonly TextFacts[]): Facts {
  const statements = texts.flatMap((text) => text.statements);
  const parsed = texts.length > 0 && texts.every((text) => text.parsed);
  return {
    dialect,
    parsed,
    statements,
    assumes: {
      relations: sortedNames(texts.flatMap((text) => text.relations)),
      functions: sortedNames(texts.flatMap((text) => text.functions ?? [])),
      casts: sortedNames(texts.flatMap((text) => text.casts ?? [])),
      operators: sortedNames(texts.flatMap((text) => text.operators ?? [])),
    },
    effect: parsed ? gravest(statements) : 'unknown',
    readOnly: parsed && statements.length > 0 && statements.every(isRead),
    hazards: texts.flatMap((text) => text.hazards),
  };
}

function isRead(statement: StatementFacts): boolean {
  const { effects } = statement;
  return effects.length === 1 && effects[0] === 'read' && statement.writes.length === 0 && !statement.opaque;
}

function gravest(statements: readonly StatementFacts[]): Effect {
  const all = new Set(statements.flatMap((statement) => statement.effects));
  return EFFECTS.findLast((effect) => all.has(effect)) ?? 'unknown';
}
