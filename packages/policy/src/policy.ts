import type { TrustedFunction } from '@countersign/sql';
import type { PolicyFile } from './document.ts';
import type { Place } from './error.ts';
import type { Expression } from './expression.ts';
import type { RegoSource } from './rego-source.ts';
import type { TargetTags } from './tags.ts';
import type { Window } from './window.ts';
import type { Quorum } from './verdict.ts';

/** What a rule says when it matches. */
export type Outcome =
  | { readonly type: 'allow' }
  | { readonly type: 'deny' }
  | { readonly type: 'require'; readonly quorum: Quorum }
  | { readonly type: 'oblige' };

/** What a submission must bring; a rule that matches and finds it missing denies. */
export type Obligation =
  | { readonly type: 'reason'; readonly lengthMin: number }
  | { readonly type: 'ticket'; readonly pattern: RegExp }
  | { readonly type: 'max_rows'; readonly rows: number }
  /** When the run may happen; the only one that is not judged before it. */
  | { readonly type: 'window'; readonly window: Window }
  /** How old the backup that the submission names may be. */
  | { readonly type: 'backup'; readonly hours: number }
  /** Columns whose values a read does not return. */
  | { readonly type: 'mask'; readonly columns: readonly string[] }
  /** Columns whose values a run may find other than signed; stands beside a requirement alone. */
  | { readonly type: 'may_drift'; readonly columns: readonly string[] }
  /** The run may change fewer of the rows that were signed; likewise. */
  | { readonly type: 'fewer_rows' };

export interface Rule {
  readonly name: string;
  readonly place: Place;
  /** Undefined: the rule matches always. */
  readonly when: Expression | undefined;
  readonly outcome: Outcome;
  /** Shown when the rule decides. */
  readonly reason: string;
  readonly obligations: readonly Obligation[];
  /** True when `when` looks at the diff, itself or through a condition. */
  readonly usesDiff: boolean;
  /** True when `when` looks at tags, likewise. */
  readonly usesTags: boolean;
}

export interface Condition {
  readonly name: string;
  readonly expression: Expression;
}

/** What the identities that a scope names may submit; what is undefined is not bounded. */
export interface Scope {
  readonly ids: readonly string[];
  readonly roles: readonly string[];
  readonly kinds: readonly string[];
  /** It lets them declare an emergency about what it holds, and bounds nothing else. */
  readonly breakGlass: boolean;
  readonly targets: readonly string[] | undefined;
  /** Kinds of statement, as facts name them. */
  readonly statements: readonly string[] | undefined;
  /** Qualified names, or a schema and `.*`; of tables read or written. */
  readonly tables: readonly string[] | undefined;
  /** When it may be submitted. */
  readonly hours: Window | undefined;
}

/** A loaded policy: every expression checked, nothing left that could be a typing error. */
export interface Policy {
  readonly digest: Uint8Array;
  /** Sorted by path. */
  readonly files: readonly PolicyFile[];
  readonly conditions: ReadonlyMap<string, Condition>;
  readonly rules: readonly Rule[];
  /** Functions of the databases that policy vouches for; any other is unknown. */
  readonly functions: readonly TrustedFunction[];
  /** Tags by name of the target. */
  readonly tags: ReadonlyMap<string, TargetTags>;
  /** What identities may submit; one that no scope names is bound by the rules alone. */
  readonly scopes: readonly Scope[];
  /** What is asked when no rule matched. */
  readonly fallback: {
    readonly quorum: Quorum;
    readonly reason: string;
    /** Persons of each role asked beyond what rules ask, where a statement could not be tried. */
    readonly moreUntried: number;
  };
  /** What the Rego policies of the targets are, by target; they are asked beside this one (docs/spec/rego.md). */
  readonly rego: ReadonlyMap<string, RegoSource>;
}
