import {
  array,
  bool,
  bytes,
  decodeWith,
  encodeWith,
  literal,
  oneOf,
  optional,
  positional,
  record,
  required,
  text,
  uint,
  type Schema,
} from '@countersign/codec';
import {
  hashField,
  idField,
  nameField,
  pairs,
  rosterRefField,
  ruled,
  sentenceField,
  timeField,
  versionField,
} from './fields.ts';
import { MessageError } from './message-error.ts';
import { statementSchema, type Statement } from './statement.ts';
import type { Pair, RosterRef } from './refs.ts';

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
  /** There was no dry run: the one statement runs outside any transaction, so nothing of it could be tried and taken back. */
  readonly untried?: true;
  /** It was tried on a copy of the schema without rows: the one statement commits by itself and cannot be taken back. */
  readonly onCopy?: true;
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

/** What policy says without the submitter's declaration of an emergency: what the declaration changed. */
export interface OrdinaryVerdict {
  readonly decision: 'allow' | 'require' | 'deny';
  /** Whom it asks; no step exactly when the decision is not `require`. */
  readonly quorum: Quorum;
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
  /** The encoded part of the target's catalogue that the facts stand on; absent when they are of the texts alone. */
  readonly catalog?: Uint8Array;
  readonly effect: Effect;
  readonly policy: PolicyRecord;
  /** The request that this one supersedes or follows: its id and the SHA-256 of its signed bytes. */
  readonly follows?: { readonly id: Uint8Array; readonly hash: Uint8Array };
  /** Present exactly when the submission declares an emergency. */
  readonly breakGlass?: OrdinaryVerdict;
}

const tableEffectSchema: Schema<TableEffect> = record<TableEffect>({
  table: required(1, nameField),
  inserted: required(2, uint()),
  updated: required(3, uint()),
  deleted: required(4, uint()),
});

/** The largest diff that travels inside a record, in bytes. */
export const inlineDiffBytesMax = 16_384;

export const effectSchema: Schema<Effect> = record<Effect>({
  rows: required(1, uint()),
  tables: required(2, array(tableEffectSchema, { max: 10_000 })),
  diffDigest: required(3, hashField),
  diffSize: required(4, uint()),
  complete: required(5, bool()),
  notPreviewed: required(6, array(sentenceField, { max: 256 })),
  schemaChanges: required(7, array(sentenceField, { max: 256 })),
  diff: optional(8, bytes(inlineDiffBytesMax)),
  untried: optional(9, literal(true)),
  onCopy: optional(10, literal(true)),
});

const targetSchema: Schema<TargetRef> = record<TargetRef>({
  name: required(1, nameField),
  engine: required(2, oneOf('sqlite', 'postgres', 'mysql', 'mariadb')),
  serverVersion: required(3, text(256)),
  identity: required(4, hashField),
  schema: required(5, hashField),
  session: required(6, pairs({ min: 0, max: 256, nameMax: 256, valueMax: 1024 })),
  tags: optional(7, array(nameField, { min: 1, max: 256 })),
});

const roleCountSchema: Schema<RoleCount> = positional<RoleCount>({ role: nameField, count: counts() });

const stepSchema: Schema<Quorum[number]> = ruled(
  array(roleCountSchema, { min: 1, max: 8 }),
  requireDistinctRoles,
);

/** A quorum of 1..8 steps of 1..8 roles each, no role twice in one step. */
export const quorumSchema: Schema<Quorum> = array(stepSchema, { min: 1, max: 8 });

const ordinarySchema: Schema<OrdinaryVerdict> = ruled(
  positional<OrdinaryVerdict>({
    decision: oneOf('allow', 'require', 'deny'),
    quorum: array(stepSchema, { min: 0, max: 8 }),
  }),
  requireFittingQuorum,
);

const policySchema: Schema<PolicyRecord> = record<PolicyRecord>({
  digest: required(1, hashField),
  rules: required(2, array(nameField, { min: 1, max: 256 })),
  reason: required(3, sentenceField),
  quorum: required(4, quorumSchema),
  obligations: optional(5, pairs({ min: 1, max: 256, nameMax: 256, valueMax: 1024 })),
});

const followsSchema: Schema<{ readonly id: Uint8Array; readonly hash: Uint8Array }> = positional({
  id: idField,
  hash: hashField,
});

export const requestSchema: Schema<Request> = ruled(
  record<Request>({
    version: required(1, versionField),
    domain: required(2, idField),
    roster: required(3, rosterRefField),
    id: required(4, idField),
    sequence: required(5, uint()),
    madeAt: required(6, timeField),
    reviewBy: required(7, timeField),
    runBy: required(8, timeField),
    submissionHash: required(9, hashField),
    target: required(10, targetSchema),
    statements: required(11, array(statementSchema, { min: 1, max: 1000 })),
    facts: required(12, bytes(262_144)),
    effect: required(13, effectSchema),
    policy: required(14, policySchema),
    follows: optional(15, followsSchema),
    catalog: optional(16, bytes(262_144)),
    breakGlass: optional(17, ordinarySchema),
  }),
  requireRules,
);

/** Returns the payload bytes of `request`. */
export function encodeRequest(request: Request): Uint8Array {
  return encodeWith(requestSchema, request);
}

/** Returns the request that payload bytes hold; nothing about its signature is known. */
export function decodeRequest(bytes: Uint8Array): Request {
  return decodeWith(requestSchema, bytes);
}

function counts(): Schema<number> {
  return oneOf(...Array.from({ length: 32 }, (_, i) => i + 1));
}

function requireDistinctRoles(step: readonly RoleCount[]): void {
  const roles = step.map((place) => place.role);
  const repeated = roles.find((role, i) => roles.indexOf(role) !== i);
  if (repeated === undefined) return;
  throw new MessageError('message/role-repeated', 'a role named twice in one step', { name: repeated });
}

function requireFittingQuorum({ decision, quorum }: OrdinaryVerdict): void {
  if ((decision === 'require') === quorum.length > 0) return;
  throw new MessageError(
    'message/ordinary-quorum',
    `a quorum of ${quorum.length} steps beside ${decision}, expected steps with require and with nothing else`,
  );
}

function requireRules(request: Request): void {
  requireOrderedTimes(request);
  requireUntried(request);
  requireOnCopy(request);
}

/** Nobody may think that what was not tried was seen to change nothing. */
function requireUntried({ effect, statements }: Request): void {
  if (effect.untried === undefined) return;
  const empty = effect.rows === 0 && effect.tables.length === 0 && effect.schemaChanges.length === 0;
  if (empty && !effect.complete && effect.notPreviewed.length > 0 && statements.length === 1) return;
  throw new MessageError(
    'message/untried-effect',
    'an effect that was not tried, expected one statement, no counts, not complete, and words on what was not previewed',
  );
}

/** Nobody may think that what met no row was seen in full, or that a part of it could be taken back. */
function requireOnCopy({ effect, statements }: Request): void {
  if (effect.onCopy === undefined) return;
  const open = !effect.complete && effect.notPreviewed.length > 0;
  if (open && effect.untried === undefined && statements.length === 1) return;
  throw new MessageError(
    'message/copy-effect',
    'an effect that was tried on a copy without rows, expected one statement, not complete, and words on what was not previewed',
  );
}

function requireOrderedTimes(request: Request): void {
  if (request.madeAt <= request.reviewBy && request.reviewBy <= request.runBy) return;
  throw new MessageError('message/times-unordered', 'times out of order, expected made, review by, run by');
}
