import {
  array,
  convert,
  decodeWith,
  encodeWith,
  fixedBytes,
  literal,
  record,
  required,
  text,
  tuple,
  uint,
  type DecodeLimits,
  type Schema,
} from '@countersign/codec';
import { refusedDecisionSchema, type RefusedDecision } from '@countersign/messages';

/** Which deployment's ledger this is, and the origin of its checkpoints. */
export interface Genesis {
  readonly version: 1;
  readonly domain: Uint8Array;
  readonly origin: string;
}

/** What the policy said about a submission. */
export interface VerdictNote {
  /** SHA-256 of the signed submission. */
  readonly submissionHash: Uint8Array;
  readonly decision: 'allow' | 'deny' | 'require';
  readonly rules: readonly string[];
  readonly reason: string;
  readonly policyDigest: Uint8Array;
}

/** That a request was carried out, and on what. */
export interface ExportNote {
  /** SHA-256 of the signed request. */
  readonly requestHash: Uint8Array;
  /** Such as `file`, `qr`, `png`. */
  readonly medium: string;
}

/** That a run is about to begin: written before the transaction is. */
export interface Intent {
  readonly requestHash: Uint8Array;
  /** SHA-256 of the signed bytes of each decision that counts, in ledger order. */
  readonly decisions: readonly Uint8Array[];
  /** Digest of the policy that was asked again. */
  readonly policyDigest: Uint8Array;
  /** From 1, one more for each intent of the request. */
  readonly attempt: number;
}

/** A policy that was put into force. */
export interface PolicyFiles {
  readonly digest: Uint8Array;
  readonly files: readonly (readonly [path: string, text: string])[];
}

export type CloseKind = 'withdrawn' | 'expired' | 'superseded' | 'rejected';

/** That a request ended without a run. */
export interface Closed {
  readonly requestHash: Uint8Array;
  readonly kind: CloseKind;
  /** Person id, or `executor`. */
  readonly by: string;
  readonly reason: string;
}

/** That a key reported having seen this head. */
export interface WitnessNote {
  readonly kid: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
}

/** That an allowed statement was run in a read-only transaction. */
export interface ReadNote {
  readonly submissionHash: Uint8Array;
  readonly outcome: 'ran' | 'failed';
  readonly rows: number;
  /** Bytes returned to the submitter. */
  readonly size: number;
  readonly detail: string;
}

/** Something an operator did that is no step of a request's life. */
export interface OperatorNote {
  /** Person id. */
  readonly person: string;
  readonly verb: string;
  readonly text: string;
}

/** The bodies that are maps of their own; the other types' bodies are signed records or a signed roster as they came. */
export interface NoteBodies {
  readonly genesis: Genesis;
  readonly verdict: VerdictNote;
  readonly export: ExportNote;
  readonly 'refused-decision': RefusedDecision;
  readonly intent: Intent;
  readonly policy: PolicyFiles;
  readonly closed: Closed;
  readonly witness: WitnessNote;
  readonly read: ReadNote;
  readonly operator: OperatorNote;
}

export type NoteType = keyof NoteBodies;

/** The longest body, in bytes: a signed record of 1 MiB and the map around it when it is refused. */
export const bodyBytesMax: number = 1_048_576 + 128;

const limits: Partial<DecodeLimits> = { bytesMax: bodyBytesMax };
const hash = fixedBytes(32);
const name = text(256, 1);
const sentence = text(4096);
const policyFile: Schema<readonly [path: string, text: string]> = tuple([text(1024, 1), text(bodyBytesMax)]);

const schemas: { readonly [K in NoteType]: Schema<NoteBodies[K]> } = {
  genesis: record<Genesis>({
    version: required(1, literal(1)),
    domain: required(2, fixedBytes(16)),
    origin: required(3, name),
  }),
  verdict: record<VerdictNote>({
    submissionHash: required(1, hash),
    decision: required(2, numbered(['allow', 'deny', 'require'])),
    rules: required(3, array(name, { min: 1, max: 256 })),
    reason: required(4, sentence),
    policyDigest: required(5, hash),
  }),
  export: record<ExportNote>({ requestHash: required(1, hash), medium: required(2, name) }),
  'refused-decision': refusedDecisionSchema,
  intent: record<Intent>({
    requestHash: required(1, hash),
    decisions: required(2, array(hash, { min: 1, max: 256 })),
    policyDigest: required(3, hash),
    attempt: required(4, uint()),
  }),
  policy: record<PolicyFiles>({
    digest: required(1, hash),
    files: required(2, array(policyFile, { min: 1, max: 1024 })),
  }),
  closed: record<Closed>({
    requestHash: required(1, hash),
    kind: required(2, numbered(['withdrawn', 'expired', 'superseded', 'rejected'])),
    by: required(3, name),
    reason: required(4, sentence),
  }),
  witness: record<WitnessNote>({
    kid: required(1, hash),
    size: required(2, uint()),
    root: required(3, hash),
  }),
  read: record<ReadNote>({
    submissionHash: required(1, hash),
    outcome: required(2, numbered(['ran', 'failed'])),
    rows: required(3, uint()),
    size: required(4, uint()),
    detail: required(5, sentence),
  }),
  operator: record<OperatorNote>({
    person: required(1, name),
    verb: required(2, name),
    text: required(3, sentence),
  }),
};

/** Returns the body bytes of a note; a body of another type is the signed record's own bytes. */
export function encodeNote<K extends NoteType>(type: K, note: NoteBodies[K]): Uint8Array {
  return encodeWith(schemas[type], note, limits);
}

/** Returns what a body of this type holds, @throws CodecError `cbor/…`, `schema/…`. */
export function decodeNote<K extends NoteType>(type: K, body: Uint8Array): NoteBodies[K] {
  return decodeWith(schemas[type], body, limits);
}

/** Words on this side, their position in `words` on the wire. */
function numbered<const W extends readonly string[]>(words: W): Schema<W[number]> {
  return convert(
    uint(words.length - 1),
    (number): W[number] => words[number] ?? '',
    (word) => words.indexOf(word),
  );
}
