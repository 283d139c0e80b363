import type { Facts } from '@countersign/sql';

export interface PolicyIdentity {
  readonly id: string;
  readonly kind: 'human' | 'service' | 'agent';
  readonly roles: readonly string[];
}

export interface PolicyTarget {
  readonly name: string;
  readonly engine: string;
  readonly tags: readonly string[];
}

export interface PolicyTableDiff {
  readonly table: string;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

/** What the dry run showed; structurally what `Effect` of a request says. */
export interface PolicyDiff {
  /** Rows changed in all tables. */
  readonly rows: number;
  readonly tables: readonly PolicyTableDiff[];
  /** True when every changed row was imaged. */
  readonly complete: boolean;
  readonly notPreviewed: readonly string[];
  readonly schemaChanges: readonly string[];
  /** There was no dry run, because the statement runs outside transactions. */
  readonly untried?: true;
  /** The dry run was made on a copy of the schema without rows, because the statement commits by itself. */
  readonly onCopy?: true;
}

export interface PolicyTime {
  /** Whole seconds since 1970. */
  readonly unix: number;
  /** 0 to 23 and 0 (Sunday) to 6, both in the zone the caller chose. */
  readonly hour: number;
  readonly weekday: number;
}

/** A relation of the live schema, by the names that facts use. */
export interface PolicyRelation {
  readonly kind: 'table' | 'view' | 'virtual';
  /** Qualified names of its columns. */
  readonly columns: ReadonlySet<string>;
}

/** What the identity has used, the submission in question included; hours and days slide. */
export interface PolicyBudget {
  readonly requestsHour: number;
  readonly requestsDay: number;
  readonly rowsHour: number;
  readonly rowsDay: number;
}

/** Everything a policy may look at. */
export interface PolicyInput {
  readonly facts: Facts;
  readonly identity: PolicyIdentity;
  readonly target: PolicyTarget;
  /** Undefined in the first look, before a dry run. */
  readonly diff?: PolicyDiff | undefined;
  /** The live schema that tags are held against; left out where there is none to look at. */
  readonly relations?: ReadonlyMap<string, PolicyRelation> | undefined;
  /** Left out where nobody counts: a rule that looks at it then fails, and denies. */
  readonly budget?: PolicyBudget | undefined;
  readonly time: PolicyTime;
  readonly reason: string;
  /** The submission's context: ticket, correlation id, claims. */
  readonly context: readonly (readonly [name: string, value: string])[];
  /** The submitter declares an emergency; left out when it does not. */
  readonly breakGlass?: true | undefined;
}
