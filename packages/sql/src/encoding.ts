import {
  CodecError,
  array,
  bool,
  decodeWith,
  encodeWith,
  oneOf,
  record,
  required,
  text,
  tuple,
  uint,
} from '@countersign/codec';
import type { Schema } from '@countersign/codec';
import { assemble } from './assemble.ts';
import { SqlError } from './error.ts';
import { DIALECTS, EFFECTS, WHERE_FORMS } from './facts.ts';
import type { Assumes, Dialect, Effect, Facts, Hazard, StatementFacts } from './facts.ts';
import { HAZARD_CODES } from './hazards.ts';
import type { HazardCode } from './hazards.ts';
import { LIMITS } from './limits.ts';

const NAME_BYTES_MAX = 4096;
const DECODE_LIMITS = { bytesMax: 8_388_608, itemsMax: 1_048_576 };

type WireHazard = readonly [code: HazardCode, text: number, offset: number, length: number];

interface WireStatement extends Omit<StatementFacts, 'sql' | 'hazards'> {
  /** The statement's own text does not travel twice: it is this slice of the submitted text. */
  readonly length: number;
  readonly hazards: readonly WireHazard[];
}

interface WireFacts {
  readonly version: 1;
  readonly dialect: Dialect;
  readonly parsed: boolean;
  readonly statements: readonly WireStatement[];
  readonly assumes: Assumes;
  readonly effect: Effect;
  readonly readOnly: boolean;
  readonly hazards: readonly WireHazard[];
}

const names: Schema<readonly string[]> = array(text(NAME_BYTES_MAX, 1), { max: LIMITS.namesMax });
const position: Schema<number> = uint(LIMITS.textBytesMax);
const textIndex: Schema<number> = uint(LIMITS.statementsMax);
const hazards: Schema<readonly WireHazard[]> = array(
  tuple<WireHazard>([oneOf(...HAZARD_CODES), textIndex, position, position]),
  { max: LIMITS.namesMax },
);
const effect: Schema<Effect> = oneOf(...EFFECTS);

const statementSchema: Schema<WireStatement> = record<WireStatement>({
  text: required(1, textIndex),
  offset: required(2, position),
  length: required(3, position),
  kind: required(4, text(64, 1)),
  effects: required(5, array(effect, { min: 1, max: EFFECTS.length })),
  reads: required(6, names),
  writes: required(7, names),
  columnsRead: required(8, names),
  columnsWritten: required(9, names),
  where: required(10, oneOf(...WHERE_FORMS)),
  limited: required(11, bool()),
  functions: required(12, names),
  hazards: required(13, hazards),
  opaque: required(14, bool()),
});

const factsSchema: Schema<WireFacts> = record<WireFacts>({
  version: required(1, oneOf(1)),
  dialect: required(2, oneOf(...DIALECTS)),
  parsed: required(3, bool()),
  statements: required(4, array(statementSchema, { max: LIMITS.statementsMax })),
  assumes: required(
    5,
    record<Assumes>({
      relations: required(1, names),
      functions: required(2, names),
      casts: required(3, names),
      operators: required(4, names),
    }),
  ),
  effect: required(6, effect),
  readOnly: required(7, bool()),
  hazards: required(8, hazards),
});

/** The facts as bytes; equal facts are equal bytes, so two machines compare what they read by comparing these. */
export function encodeFacts(facts: Facts): Uint8Array {
  const wire: WireFacts = {
    version: 1,
    ...facts,
    statements: facts.statements.map(({ sql, ...statement }) => ({
      ...statement,
      length: sql.length,
      hazards: statement.hazards.map(packed),
    })),
    hazards: facts.hazards.map(packed),
  };
  return encodeWith(factsSchema, wire, DECODE_LIMITS);
}

/**
 * The facts that `bytes` say about `texts`, the submitted texts in their order.
 * @throws SqlError `sql/facts-malformed`, `sql/facts-span`, `sql/facts-contradict`
 */
export function decodeFacts(bytes: Uint8Array, texts: readonly string[]): Facts {
  const wire = read(bytes);
  const statements = wire.statements.map((statement) => unpackedStatement(statement, texts));
  const facts: Facts = {
    dialect: wire.dialect,
    parsed: wire.parsed,
    statements,
    assumes: wire.assumes,
    effect: wire.effect,
    readOnly: wire.readOnly,
    hazards: wire.hazards.map((hazard) => unpacked(hazard, texts)),
  };
  // The summary follows from the statements; one that does not was not written by this program.
  const own = assemble(facts.dialect, [{ ...facts, relations: [] }]);
  if (own.effect !== facts.effect || own.readOnly !== facts.readOnly) {
    throw new SqlError('sql/facts-contradict', `effect ${facts.effect}, the statements say ${own.effect}`);
  }
  return facts;
}

function read(bytes: Uint8Array): WireFacts {
  try {
    return decodeWith(factsSchema, bytes, DECODE_LIMITS);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new SqlError('sql/facts-malformed', error.message, error);
  }
}

function packed(hazard: Hazard): WireHazard {
  return [hazard.code, hazard.text, hazard.offset, hazard.length];
}

function unpacked([code, text, offset, length]: WireHazard, texts: readonly string[]): Hazard {
  slice(texts, text, offset, length);
  return { code, text, offset, length };
}

function unpackedStatement(wire: WireStatement, texts: readonly string[]): StatementFacts {
  const { length, ...statement } = wire;
  return {
    ...statement,
    sql: slice(texts, wire.text, wire.offset, length),
    hazards: wire.hazards.map((hazard) => unpacked(hazard, texts)),
  };
}

function slice(texts: readonly string[], text: number, offset: number, length: number): string {
  const source = texts[text];
  if (source === undefined || offset + length > source.length) {
    throw new SqlError('sql/facts-span', `text ${text} has no ${length} characters at ${offset}`);
  }
  return source.slice(offset, offset + length);
}
