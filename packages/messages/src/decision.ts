import type { RosterRef } from './request.ts';
import type { Statement } from './statement.ts';

export type Choice = 'deny' | 'approve' | 'amend';

/** A tree head without its origin. */
export interface Head {
  readonly size: number;
  readonly root: Uint8Array;
}

/** The ledger head that the approver's machine saw, and the one it had pinned before. */
export interface Witnessed {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly pinned: Head | null;
}

/** What showed the request, how much of it, and which warnings stood beside it. */
export interface View {
  /** SHA-256 of the program that showed it. */
  readonly program: Uint8Array;
  readonly depth: 'summary' | 'full';
  readonly warnings: readonly string[];
}

/** Limits an approval adds; at least one is present. */
export interface Conditions {
  readonly rowsMax?: number;
  readonly notBefore?: number;
  readonly notAfter?: number;
}

/** What one approver says about one request. Signed by the approver. */
export interface Decision {
  readonly version: 1;
  readonly domain: Uint8Array;
  readonly roster: RosterRef;
  readonly requestId: Uint8Array;
  /** SHA-256 of the signed request's bytes. */
  readonly requestHash: Uint8Array;
  readonly choice: Choice;
  /** The key's own counter of decisions, from 0. */
  readonly sequence: number;
  /** SHA-256 of the key's own previous signed decision; null exactly for sequence 0. */
  readonly previous: Uint8Array | null;
  readonly witnessed: Witnessed;
  readonly madeAt: number;
  readonly view: View;
  /** Only with an approval. */
  readonly conditions?: Conditions;
  readonly note?: string;
  /** Present exactly when `choice` is `amend`. */
  readonly proposal?: readonly Statement[];
}
