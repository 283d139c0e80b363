/** Every way this package refuses. */
export type DiffErrorCode =
  /** A number that the record form cannot carry, or a text with a lone surrogate. */
  | 'diff/bad-cell'
  /** A change with neither image, two equal images, or a row of another width than its table. */
  | 'diff/bad-change'
  /** Counts, key or column indexes, or order of a table that contradict each other. */
  | 'diff/bad-table'
  /** The images of a table, all there, do not give the rows hash it states. */
  | 'diff/rows-hash-mismatch'
  /** A value the engine made up is carried although nothing binds it. */
  | 'diff/unbound-value'
  /** The content does not give the digest that was expected. */
  | 'diff/digest-mismatch'
  /** Too large for one piece: use pages. */
  | 'diff/too-large'
  /** A page that is of another diff, missing, twice there, or of another count. */
  | 'diff/bad-page'
  /** Pages beyond the limits of number or bytes. */
  | 'diff/too-many-pages'
  /** The diff does not hold every row, so it cannot be inverted. */
  | 'undo/incomplete'
  /** The schema changed: undoing rows would not undo that. */
  | 'undo/schema-changed'
  /** Something was not previewed, so the undo would not be whole. */
  | 'undo/not-previewed'
  /** A changed row of a table that no key names. */
  | 'undo/no-key'
  /** A row whose key the engine made in a run that nobody saw to its end. */
  | 'undo/key-made'
  /** A row whose key holds a null, which may name several rows. */
  | 'undo/key-null';

/** A refusal of this package. `table` is set where one table is the cause. */
export class DiffError extends Error {
  readonly code: DiffErrorCode;
  readonly table: string | undefined;

  constructor(
    code: DiffErrorCode,
    message: string,
    options: { readonly table?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DiffError';
    this.code = code;
    this.table = options.table;
  }
}
