import { equalBytes } from '@countersign/codec';
import { widerThan } from './conditions.ts';
import type { DecisionCode } from './decision-code.ts';
import type { Case, ChainHead, RequestState } from './judge-context.ts';
import { personSteps, type PersonCase } from './person-steps.ts';
import type { KeyHolder } from './roster-directory.ts';

type Fault = DecisionCode | undefined;

/** Steps 7 to 15 of docs/spec/records.md, in order; the first that returns a code is the answer. */
export const steps: readonly ((judged: Case, holder: KeyHolder) => Fault)[] = [
  requestIsOpen,
  ...personSteps.map((step) => (judged: Case, holder: KeyHolder) => step(personCase(judged), holder)),
  sawEverything,
  continuesOwnChain,
  witnessIsOurs,
  conditionsAreNarrower,
];

/** Step 7. An approval must come by `review by`; a denial stops the request until `run by`. */
function requestIsOpen({ decision, known, context }: Case): Fault {
  const closed = closedCode(known.state);
  if (closed !== undefined) return closed;
  const { reviewBy, runBy } = known.request;
  const last = decision.record.choice === 'approve' ? reviewBy : runBy;
  return context.now > last ? 'decision/review-late' : undefined;
}

function closedCode(state: RequestState): Fault {
  switch (state) {
    case 'pending':
    case 'approved':
      return undefined;
    case 'withdrawn':
      return 'decision/request-withdrawn';
    case 'superseded':
      return 'decision/request-superseded';
    case 'expired':
      return 'decision/request-expired';
    case 'rejected':
      return 'decision/request-rejected';
    case 'running':
    case 'executed':
    case 'drifted':
    case 'failed':
    case 'ambiguous':
    case 'resolved':
      return 'decision/request-finished';
  }
}

function personCase({ decision, known, context }: Case): PersonCase {
  const { chain, now, ledgerSize } = context;
  const { counted, requester, request } = known;
  const { choice } = decision.record;
  return { choice, quorum: request.policy.quorum, counted, requester, chain, now, index: ledgerSize };
}

/** Step 12. A denial stands whatever was seen. */
function sawEverything({ decision }: Case): Fault {
  const { choice, view } = decision.record;
  return choice === 'approve' && view.depth !== 'full' ? 'decision/summary-view' : undefined;
}

/** Step 13. */
function continuesOwnChain({ decision, context }: Case): Fault {
  return chainFault(decision.record, context.headOf(decision.kid));
}

/** Returns why a decision does not continue the chain that ends in `head` (undefined: an empty chain). */
export function chainFault(
  decision: { readonly sequence: number; readonly previous: Uint8Array | null },
  head: ChainHead | undefined,
): Fault {
  const next = head === undefined ? 0 : head.sequence + 1;
  if (decision.sequence > next) return 'decision/sequence-gap';
  if (decision.sequence < next) return 'decision/sequence-replayed';
  // A record of sequence 0 has no previous one, and only that: its schema says so.
  if (head === undefined) return undefined;
  const follows = decision.previous !== null && equalBytes(decision.previous, head.hash);
  return follows ? undefined : 'decision/previous-mismatch';
}

/** Step 14. What the approver saw must be a prefix of this ledger that holds the request. */
function witnessIsOurs({ decision, known, context }: Case): Fault {
  const { origin, size, root, pinned } = decision.record.witnessed;
  if (origin !== context.origin) return 'decision/origin-mismatch';
  if (size > context.ledgerSize) return 'decision/witness-ahead';
  if (size <= known.index) return 'decision/witness-before-request';
  if (!equalBytes(context.rootAt(size), root)) return 'decision/seen-root-mismatch';
  if (pinned !== null && !equalBytes(context.rootAt(pinned.size), pinned.root)) {
    return 'decision/pinned-root-mismatch';
  }
  return undefined;
}

/** Step 15. */
function conditionsAreNarrower({ decision, known }: Case): Fault {
  const code = widerThan(known.request, decision.record.conditions);
  return code === undefined ? undefined : `decision/${code}`;
}
