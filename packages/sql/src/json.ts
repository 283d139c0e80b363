import type { Facts, Hazard } from './facts.ts';

export interface HazardJson {
  readonly code: string;
  readonly text: number;
  readonly offset: number;
  readonly length: number;
}

export interface StatementJson {
  readonly sql: string;
  readonly kind: string;
  readonly effects: readonly string[];
  readonly writes: readonly string[];
  readonly reads: readonly string[];
  readonly columns: { readonly read: readonly string[]; readonly written: readonly string[] };
  readonly where: string;
  readonly limited: boolean;
  readonly functions: readonly string[];
  readonly hazards: readonly string[];
  readonly hazard_spans: readonly HazardJson[];
  readonly opaque: boolean;
}

/** The document that `classify --json` prints. */
export interface FactsJson {
  readonly schema_version: 1;
  readonly dialect: string;
  readonly parsed: boolean;
  readonly statements: readonly StatementJson[];
  readonly assumes: Facts['assumes'];
  readonly effect: string;
  readonly read_only: boolean;
  readonly hazards: readonly string[];
  readonly hazard_spans: readonly HazardJson[];
}

/** The facts as the JSON document other programs read. */
export function factsJson(facts: Facts): FactsJson {
  return {
    schema_version: 1,
    dialect: facts.dialect,
    parsed: facts.parsed,
    statements: facts.statements.map((statement) => ({
      sql: statement.sql,
      kind: statement.kind,
      effects: statement.effects,
      writes: statement.writes,
      reads: statement.reads,
      columns: { read: statement.columnsRead, written: statement.columnsWritten },
      where: statement.where,
      limited: statement.limited,
      functions: statement.functions,
      hazards: codes(statement.hazards),
      hazard_spans: statement.hazards,
      opaque: statement.opaque,
    })),
    assumes: facts.assumes,
    effect: facts.effect,
    read_only: facts.readOnly,
    hazards: codes(facts.hazards),
    hazard_spans: facts.hazards,
  };
}

/** Every hazard code of the facts, those of statements and those of whole texts, each once and sorted. */
export function allHazards(facts: Facts): readonly string[] {
  return codes([...facts.hazards, ...facts.statements.flatMap((statement) => statement.hazards)]);
}

function codes(hazards: readonly Hazard[]): readonly string[] {
  return [...new Set(hazards.map((hazard) => hazard.code))].sort();
}
