import type { SignatureVerifier, Signer } from '@countersign/codec';
import {
  composeDecision,
  composeResponse,
  isReviewOpen,
  isRunOpen,
  recordDecision,
  signDecision,
  type ApproverState,
  type Choice,
  type Conditions,
  type Decision,
  type Request,
  type Statement,
} from '@countersign/messages';
import type { Document } from '@countersign/wording';
import { ApprovalError } from './approval-error.ts';
import type { ReviewedRequest } from './review-request.ts';

/** What the person chose after reading. */
export interface Wish {
  readonly choice: Choice;
  /** The number of rows that was typed; asked for by `document.confirmRows`. */
  readonly rowsConfirmed: number | undefined;
  readonly rosterConfirmed: boolean;
  readonly note?: string;
  readonly conditions?: Conditions;
  readonly proposal?: readonly Statement[];
}

/** How it was read: the document that was on the screen, and the program that drew it. */
export interface Reading {
  readonly document: Document;
  /** SHA-256 of the program. */
  readonly program: Uint8Array;
}

/** A decision ready to leave, and the memory that must be stored first. */
export interface SignedDecision {
  readonly decision: Decision;
  readonly signed: Uint8Array;
  readonly state: ApproverState;
  /** Bytes of the response (`*.csdec`): this decision and every earlier one that the ledger has not confirmed. */
  readonly response: Uint8Array;
}

/** Until when a request may be approved, and the clock of this machine that it is held against. */
export interface Deadline {
  readonly request: Pick<Request, 'reviewBy' | 'runBy'>;
  /** Whole seconds. */
  readonly now: number;
}

const alarms: ReadonlySet<string> = new Set(['check/failed', 'facts/differ', 'effect/counts-differ']);

/**
 * Returns the decision to sign. Everything that could stop it is asked here, before any key is touched: `now`
 * (whole seconds) is when it is signed, however long ago the request was opened.
 * @throws ApprovalError `check/failed`, `approval/…`, `rows/…`; MessageError `compose/…`
 */
export function prepareDecision(
  { review }: ReviewedRequest,
  { document, program }: Reading,
  wish: Wish,
  state: ApproverState,
  now: number,
): Decision {
  if (wish.choice === 'approve')
    requireApprovable(document, { request: review.request.record, now }, wish.rowsConfirmed);
  const { choice, rosterConfirmed, note, conditions, proposal } = wish;
  const { depth, warnings } = document;
  const chosen = {
    choice,
    rosterConfirmed,
    view: { program, depth, warnings },
    ...(note === undefined ? {} : { note }),
    ...(conditions === undefined ? {} : { conditions }),
    ...(proposal === undefined ? {} : { proposal }),
  };
  return composeDecision(review, chosen, state, now);
}

/**
 * Returns the signed decision, the memory after it and the response to carry back. The memory must be on disk before any byte of
 * the response leaves: a sequence number is never used twice.
 * @throws MessageError `compose/signature-mismatch` when the signer is not of this key
 */
export function completeDecision(
  { review }: ReviewedRequest,
  decision: Decision,
  state: ApproverState,
  signer: Signer,
  verifier: SignatureVerifier,
): SignedDecision {
  const signed = signDecision(decision, signer);
  const after = recordDecision(review, signed, state, verifier);
  const response = composeResponse(after, review.checkpoint.origin) ?? new Uint8Array(0);
  return { decision, signed, state: after, response };
}

/**
 * Returns when neither the clock nor anything in the document keeps it from being approved.
 * @throws ApprovalError `check/failed`, `approval/…`, `rows/unconfirmed`, `rows/differ`
 */
export function requireApprovable(
  { warnings, confirmRows }: Document,
  deadline: Deadline,
  typed: number | undefined,
): void {
  const late = lateRefusal(deadline);
  if (late !== undefined) throw late;
  const alarm = warnings.find((code) => alarms.has(code));
  if (alarm !== undefined) {
    throw new ApprovalError('check/failed', `a check failed (${alarm}), only a denial can be signed`);
  }
  if (confirmRows === null) return;
  const rows = confirmRows;
  if (typed === undefined) {
    throw new ApprovalError('rows/unconfirmed', `rows or objects are lost, expected the number ${rows}`, {
      rows,
    });
  }
  if (typed !== rows) {
    const message = `${typed} rows confirmed, the request changes ${rows}`;
    throw new ApprovalError('rows/differ', message, { rows });
  }
}

/** Returns why an approval comes too late by this machine's clock, as the executor would find; undefined while it does not. */
export function lateRefusal({ request, now }: Deadline): ApprovalError | undefined {
  if (!isRunOpen(request, now))
    return new ApprovalError(
      'approval/run-late',
      'the time to run this has passed by the clock of this machine',
    );
  if (!isReviewOpen(request, now))
    return new ApprovalError(
      'approval/review-late',
      'the time to review this has passed by the clock of this machine',
    );
  return undefined;
}
