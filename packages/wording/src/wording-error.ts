/** Every way in which this room refuses what it is given. */
export type WordingErrorCode =
  | 'duration/syntax'
  | 'duration/range'
  | 'time/syntax'
  | 'time/range'
  | 'render/width'
  | 'explain/unknown-code';

/** The one error of this room. */
export class WordingError extends Error {
  readonly code: WordingErrorCode;

  constructor(code: WordingErrorCode, message: string) {
    super(message);
    this.name = 'WordingError';
    this.code = code;
  }
}
