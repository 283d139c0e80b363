import type {
  Decision,
  LedgerEntry,
  Receipt,
  Request,
  RosterDirectory,
  Signed,
  Submission,
} from '@countersign/messages';
import type { NoteBodies, NoteType } from '../body.ts';

type NoteContent = {
  readonly [K in Exclude<NoteType, 'refused-decision'>]: { readonly type: K; readonly note: NoteBodies[K] };
}[Exclude<NoteType, 'refused-decision'>];

/** What an entry's body says, after its own signature was verified. */
export type Content =
  | NoteContent
  | { readonly type: 'submission'; readonly signed: Signed<Submission> }
  | { readonly type: 'request'; readonly signed: Signed<Request> }
  | { readonly type: 'decision'; readonly signed: Signed<Decision> }
  | { readonly type: 'refused-decision'; readonly signed: Signed<Decision>; readonly code: string }
  | { readonly type: 'receipt'; readonly signed: Signed<Receipt> }
  | { readonly type: 'roster'; readonly directory: RosterDirectory }
  | { readonly type: 'erased' };

/** An entry whose place, body and meaning were verified. */
export interface VerifiedEntry {
  readonly index: number;
  readonly entry: LedgerEntry;
  /** The leaf. */
  readonly bytes: Uint8Array;
  /** Null when it was erased. */
  readonly body: Uint8Array | null;
  readonly content: Content;
  /** Id of the person who signed the body or is named by it; `executor` for what the executor says; undefined when erased. */
  readonly by: string | undefined;
}
