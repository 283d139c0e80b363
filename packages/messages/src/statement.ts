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

/** A name and its value; lists of pairs are sorted by name, strictly ascending in bytes. */
export type Pair = readonly [name: string, value: string];
