import {
  array,
  bool,
  bytes,
  encodeWith,
  equalBytes,
  int,
  record,
  required,
  tagged,
  text,
  type Schema,
} from '@countersign/codec';

/** One typed parameter of a statement; a `number` is a decimal, date or big integer of the database as text. */
export type Param =
  | { readonly type: 'null' }
  | { readonly type: 'integer'; readonly value: number }
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'bytes'; readonly value: Uint8Array }
  | { readonly type: 'number'; readonly value: string }
  | { readonly type: 'boolean'; readonly value: boolean };

/** One statement: its exact text and its parameters in order. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly Param[];
}

const paramSchema: Schema<Param> = tagged<Param>({
  null: [0],
  integer: [1, int()],
  text: [2, text(1_000_000)],
  bytes: [3, bytes(1_000_000)],
  number: [4, text(100_000)],
  boolean: [5, bool()],
});

export const statementSchema: Schema<Statement> = record<Statement>({
  sql: required(1, text(1_000_000)),
  params: required(2, array(paramSchema, { max: 10_000 })),
});

/** Returns whether two lists of statements have the same bytes. */
export function statementsEqual(a: readonly Statement[], b: readonly Statement[]): boolean {
  const encoded = (list: readonly Statement[]): Uint8Array =>
    encodeWith(array(statementSchema, { max: 1000 }), list);
  return equalBytes(encoded(a), encoded(b));
}
