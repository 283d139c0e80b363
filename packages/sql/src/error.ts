/** Every way this package refuses something; what a text says is never refused but answered `unknown`. */
export type SqlErrorCode =
  | 'sql/unread'
  | 'sql/tree-too-deep'
  | 'sql/too-many-tables'
  | 'sql/too-many-columns'
  | 'sql/too-many-names'
  | 'sql/definitions-too-long'
  | 'sql/name-too-long'
  | 'sql/no-parser'
  | 'sql/parser-malformed'
  | 'sql/parser-failed'
  | 'sql/catalog-malformed'
  | 'sql/facts-malformed'
  | 'sql/facts-span'
  | 'sql/facts-contradict';

/** The one error of this package. */
export class SqlError extends Error {
  readonly code: SqlErrorCode;

  constructor(code: SqlErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SqlError';
    this.code = code;
  }
}
