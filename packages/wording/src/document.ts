/**
 * How a piece is meant. A renderer may colour it; the meaning stands in the text or in a mark as well.
 * `escape` is a character that would not show itself, by its number.
 */
export type Role =
  'plain' | 'muted' | 'strong' | 'good' | 'warning' | 'danger' | 'added' | 'removed' | 'changed' | 'escape';

/** A run of text. INVARIANT: every `text` of a document is harmless and without line ends. */
export interface Span {
  readonly role: Role;
  readonly text: string;
}

/** One column of a changed row; `before` is null in an inserted row, `after` in a deleted one. */
export interface CellChange {
  readonly column: string;
  readonly isKey: boolean;
  readonly changed: boolean;
  readonly before: readonly Span[] | null;
  readonly after: readonly Span[] | null;
}

/** Marks that carry the meaning without colour: inserted, deleted, updated. */
export type ChangeMark = '+' | '-' | '~';

/** What sections are made of. */
export type Block =
  | { readonly kind: 'field'; readonly label: string; readonly value: readonly Span[] }
  | { readonly kind: 'line'; readonly mark: ' ' | '✓' | '!' | '✗' | '•'; readonly spans: readonly Span[] }
  | { readonly kind: 'code'; readonly lines: readonly (readonly Span[])[] }
  | {
      readonly kind: 'row';
      readonly mark: ChangeMark;
      readonly title: readonly Span[];
      readonly cells: readonly CellChange[];
    };

export type SectionId =
  | 'emergency'
  | 'checks'
  | 'who'
  | 'why'
  | 'where'
  | 'what'
  | 'facts'
  | 'changes'
  | 'schema'
  | 'locks'
  | 'not-previewed'
  | 'policy'
  | 'quorum'
  | 'clocks'
  | 'refusal';

export interface Section {
  readonly id: SectionId;
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** What is not shown: in a summary also what was cut, in a full document only rows that the request does not carry. */
export interface LeftOut {
  readonly rows: number;
  readonly bytes: number;
}

/** What a person reads about a request, in the order in which it is read. */
export interface Document {
  readonly title: string;
  readonly depth: 'summary' | 'full';
  readonly sections: readonly Section[];
  /** Codes of the warnings in it, ascending, each once: what a decision says was shown. */
  readonly warnings: readonly string[];
  /** The number that a person must type before approving, because rows or objects are lost; null when none. */
  readonly confirmRows: number | null;
  readonly leftOut: LeftOut;
}
