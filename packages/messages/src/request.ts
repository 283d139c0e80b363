import type { Pair, Statement } from './statement.ts';

/** Names one roster of the chain: its number and the SHA-256 of its payload. */
export interface RosterRef {
  readonly number: number;
  readonly hash: Uint8Array;
}

export type Engine = 'sqlite' | 'postgres' | 'mysql' | 'mariadb';

/** The database a request runs on, as it was when the request was made. */
export interface TargetRef {
  readonly name: string;
  readonly engine: Engine;
  readonly serverVersion: string;
  /** Fingerprint of which database this is. */
  readonly identity: Uint8Array;
  /** Fingerprint of its schema. */
  readonly schema: Uint8Array;
  /** Pinned session settings, names strictly ascending. */
  readonly session: readonly Pair[];
  readonly tags?: readonly string[];
}

export interface TableEffect {
  readonly table: string;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

/** What the statements changed when they were run and rolled back. */
export interface Effect {
  /** Rows changed in all. */
  readonly rows: number;
  readonly tables: readonly TableEffect[];
  readonly diffDigest: Uint8Array;
  /** Length of the encoded diff in bytes. */
  readonly diffSize: number;
  /** Whether every changed row is imaged in the diff. */
  readonly complete: boolean;
  readonly notPreviewed: readonly string[];
  /** Schema changes in words. */
  readonly schemaChanges: readonly string[];
  /** The encoded diff itself when it is at most 16,384 bytes. */
  readonly diff?: Uint8Array;
}

export interface RoleCount {
  readonly role: string;
  readonly count: number;
}

/** Steps in order; a step opens when the one before it is complete. */
export type Quorum = readonly (readonly RoleCount[])[];

/** What the policy said and which quorum it asks for. */
export interface PolicyRecord {
  readonly digest: Uint8Array;
  readonly rules: readonly string[];
  readonly reason: string;
  readonly quorum: Quorum;
  readonly obligations?: readonly Pair[];
}

/** What approvers sign about. Signed by the executor. */
export interface Request {
  readonly version: 1;
  readonly domain: Uint8Array;
  readonly roster: RosterRef;
  /** 16 bytes, equal to the submission's id. */
  readonly id: Uint8Array;
  /** The executor's own counter of requests. */
  readonly sequence: number;
  readonly madeAt: number;
  readonly reviewBy: number;
  readonly runBy: number;
  /** SHA-256 of the signed submission's bytes. */
  readonly submissionHash: Uint8Array;
  readonly target: TargetRef;
  readonly statements: readonly Statement[];
  /** Encoded facts of the classifier; the approver's machine computes them again. */
  readonly facts: Uint8Array;
  readonly effect: Effect;
  readonly policy: PolicyRecord;
  /** The request that this one supersedes or follows: its id and the SHA-256 of its signed bytes. */
  readonly follows?: { readonly id: Uint8Array; readonly hash: Uint8Array };
}
