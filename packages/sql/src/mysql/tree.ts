import type { Effect } from '../facts.ts';
import type { HazardCode } from '../hazards.ts';

/** A place in the text, in UTF-16 code units. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** A name as written, one to three parts: `table`, `db.table`, `db.table.column`. */
export interface Name {
  readonly parts: readonly string[];
  readonly span: Span;
}

/** A value that is the same in every row; null is SQL's NULL, undefined is not worked out. */
export type Constant = number | string | null | undefined;

export type Expr =
  | { readonly type: 'literal'; readonly span: Span; readonly value: Constant }
  | { readonly type: 'column'; readonly name: Name; readonly span: Span }
  | { readonly type: 'variable'; readonly span: Span }
  /** `stored` is true when it cannot be a built-in function: qualified, or apart from its parenthesis. */
  | {
      readonly type: 'call';
      readonly name: Name;
      readonly stored: boolean;
      readonly args: readonly Expr[];
      readonly span: Span;
    }
  | {
      readonly type: 'subquery';
      readonly form: 'value' | 'exists';
      readonly query: Query;
      readonly span: Span;
    }
  /** An operator or a construct with words of its own; `op` in lower case, `not in` for the negated forms. */
  | { readonly type: 'operation'; readonly op: string; readonly args: readonly Expr[]; readonly span: Span };

/** A SELECT, VALUES or TABLE with all that belongs to it. */
export interface Query {
  readonly span: Span;
  readonly ctes: readonly Cte[];
  readonly body: Body;
  readonly orderBy: readonly Expr[];
  readonly limit: readonly Expr[];
  readonly limited: boolean;
}

export interface Cte {
  readonly name: string;
  /** Its own query may name it; without RECURSIVE that would be a table of the same name. */
  readonly recursive: boolean;
  readonly columns: readonly string[] | undefined;
  readonly query: Query;
}

export type Body =
  | Select
  | { readonly type: 'values'; readonly rows: readonly (readonly Expr[])[] }
  | { readonly type: 'table'; readonly item: Extract<FromItem, { type: 'table' }> }
  | { readonly type: 'set'; readonly parts: readonly Body[] }
  | { readonly type: 'query'; readonly query: Query };

export interface Select {
  readonly type: 'select';
  readonly items: readonly Item[];
  readonly from: From | undefined;
  readonly where: Expr | undefined;
  readonly groupBy: readonly Expr[];
  readonly having: Expr | undefined;
  /** Expressions of WINDOW. */
  readonly windows: readonly Expr[];
}

export type Item =
  | { readonly type: 'star'; readonly name: Name | undefined; readonly span: Span }
  | { readonly type: 'value'; readonly expr: Expr; readonly alias: string | undefined };

/** Everything a FROM, UPDATE or USING joins; which condition joins what does not matter to the facts. */
export interface From {
  readonly items: readonly FromItem[];
  readonly conditions: readonly Expr[];
  readonly using: readonly string[];
  readonly natural: boolean;
  /** FOR PORTION OF: rows are cut in two, so that new ones are inserted as well. */
  readonly portion: boolean;
  readonly span: Span;
}

export type FromItem =
  | { readonly type: 'table'; readonly name: Name; readonly alias: string | undefined }
  | {
      readonly type: 'derived';
      readonly query: Query;
      readonly alias: string | undefined;
      readonly columns: readonly string[] | undefined;
      readonly lateral: boolean;
    }
  | {
      readonly type: 'json-table';
      readonly args: readonly Expr[];
      readonly alias: string | undefined;
    };

export interface Assignment {
  readonly column: Name;
  readonly value: Expr | undefined;
}

/** Something the grammar saw that the statement does beside its verb. */
export interface Note {
  readonly code: HazardCode;
  readonly effects: readonly Effect[];
  readonly span: Span;
}

export interface Statement {
  readonly act: Act;
  readonly notes: readonly Note[];
  readonly span: Span;
}

export interface Insertion {
  readonly type: 'insert';
  readonly replaces: boolean;
  readonly table: Name;
  readonly columns: readonly string[] | undefined;
  /** The values of each row that the text gives; an empty row is of defaults alone. */
  readonly rows: readonly (readonly Expr[])[];
  readonly query: Query | undefined;
  /** What the row given may be called in ON DUPLICATE KEY UPDATE. */
  readonly rowAlias: string | undefined;
  readonly updates: readonly Assignment[] | undefined;
  readonly returning: readonly Item[] | undefined;
}

/** Which rows of the tables an UPDATE or DELETE means. */
export interface RowsMeant {
  readonly where: Expr | undefined;
  /** Expressions of ORDER BY and LIMIT. */
  readonly tail: readonly Expr[];
  readonly limited: boolean;
  /** From WHERE to the end of LIMIT; empty when there is none of them. */
  readonly span: Span;
}

export interface Update extends RowsMeant {
  readonly type: 'update';
  readonly ctes: readonly Cte[];
  readonly from: From;
  readonly sets: readonly Assignment[];
}

export interface Deletion extends RowsMeant {
  readonly type: 'delete';
  readonly ctes: readonly Cte[];
  /** Names or aliases of tables of `from`. */
  readonly targets: readonly Name[];
  readonly from: From;
  readonly returning: readonly Item[] | undefined;
}

export type Act =
  | { readonly type: 'query'; readonly query: Query }
  | Insertion
  | Update
  | Deletion
  | { readonly type: 'explain'; readonly runs: boolean; readonly act: Act; readonly span: Span }
  | Utility;

/** Every statement that is none of the above: what it does follows from its words. */
export interface Utility {
  readonly type: 'utility';
  readonly kind: string;
  readonly effects: readonly Effect[];
  readonly reads: readonly Name[];
  readonly writes: readonly Name[];
  readonly query: Query | undefined;
  readonly exprs: readonly Expr[];
  /** It runs or keeps code that is not read. */
  readonly opaque: boolean;
  /** It changes what the texts after it mean. */
  readonly renames: boolean;
  readonly makes: Made | undefined;
  readonly drops: readonly Name[];
  /** A database that goes with all that is in it. */
  readonly dropsDatabase: string | undefined;
}

/** A table or view that later statements of the texts may name. */
export interface Made {
  readonly name: Name;
  readonly kind: 'table' | 'view';
  readonly columns: readonly string[] | undefined;
  readonly query: Query | undefined;
}
