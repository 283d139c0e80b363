/**
 * One value of a database. `integer` holds whole numbers up to 2^53-1 either way; `number` holds as
 * text every value that is a number but not such an integer (large integers, reals, decimals), so a
 * real always shows a point, an exponent, `Infinity` or `-Infinity`. Same shape as a statement's parameter.
 */
export type Cell =
  | { readonly type: 'null' }
  | { readonly type: 'integer'; readonly value: number }
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'bytes'; readonly value: Uint8Array }
  | { readonly type: 'number'; readonly value: string }
  | { readonly type: 'boolean'; readonly value: boolean };

/** The cells of one row, in the order of its table's columns. */
export type Row = readonly Cell[];
