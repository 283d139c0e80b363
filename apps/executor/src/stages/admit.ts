import { equalBytes, toHex } from '@countersign/codec';
import { encodeNote, rootAt } from '@countersign/ledger';
import {
  encodeRefusedDecision,
  judgeDecision,
  type Decision,
  type Judgement,
  type JudgeContext,
  type Response,
  type Signed,
} from '@countersign/messages';
import { ExecutorError } from '../executor-error.ts';
import { traceParentOf } from '../store/trace-parent.ts';
import type { World } from '../world.ts';
import type { OpenSpan } from '../trace/trace.ts';
import { closeDue } from './expire.ts';
import { knownRequest } from './known-request.ts';
import { record, type Append } from './record.ts';

/** What became of one decision that was carried in. */
export interface Admission {
  readonly judgement: Judgement;
  /** State of the request afterwards; undefined when the decision names none of this executor's. */
  readonly state: string | undefined;
}

/**
 * Judges every decision of a response (`*.csdec`) in its order and records each authentic one, counted or not.
 * @throws `import/other-deployment` for a response to another deployment
 */
export function admitResponse(world: World, { domain, decisions }: Response): readonly Admission[] {
  if (!equalBytes(domain, world.domain)) {
    throw new ExecutorError(
      'import/other-deployment',
      'decisions for another deployment, expected those for this one',
    );
  }
  closeDue(world);
  return world.trace.span('import', {}, (span) => {
    const admissions = decisions.map((decision) => admitDecision(world, decision));
    span.say({ counted: admissions.filter(({ judgement }) => judgement.outcome === 'counted').length });
    linkSubmissions(world, span, admissions);
    return admissions;
  });
}

/** Over the gap: the span of an import links to those in which its requests were submitted. */
function linkSubmissions(world: World, { link }: OpenSpan, admissions: readonly Admission[]): void {
  const ids = admissions.flatMap(({ judgement }) =>
    judgement.outcome === 'refused' && !judgement.authentic ? [] : [judgement.decision.record.requestId],
  );
  for (const [text, id] of new Map(ids.map((id) => [toHex(id), id])))
    link(text, traceParentOf(world.store, id));
}

/** Judges one signed decision and records it in the same transaction, so that two imports cannot both count it. */
export function admitDecision(world: World, bytes: Uint8Array): Admission {
  const admission = record(world, (append, now) => {
    const judgement = judgeDecision(bytes, contextOf(world, now));
    keep(world, judgement, append, now);
    return { judgement, state: stateOf(world, judgement) };
  });
  world.reached('decision-recorded');
  return admission;
}

function contextOf(world: World, now: number): JudgeContext {
  const { ledger, store } = world;
  return {
    domain: world.domain,
    chain: world.chain(),
    verifier: world.verifier,
    origin: world.origin,
    now,
    ledgerSize: ledger.size,
    rootAt: (size) => {
      const root = rootAt(ledger, size);
      if (root === undefined)
        throw new ExecutorError('home/store-damaged', `the ledger has no root of size ${size}`);
      return root;
    },
    requestOf: (id) => knownRequest(world, id),
    headOf: (kid) => {
      const head = store.chainHead(kid);
      return head === undefined ? undefined : { sequence: head.sequence, hash: head.digest };
    },
    isLogged: (hash) => store.decision(hash)?.inChain === true,
  };
}

function keep(world: World, judgement: Judgement, append: Append, now: number): void {
  switch (judgement.outcome) {
    case 'repeated':
      return;
    case 'refused':
      if (judgement.authentic) keepRefused(world, judgement, append);
      return;
    case 'counted':
      keepCounted(world, judgement, append, now);
      return;
  }
}

type Refused = Extract<Judgement, { outcome: 'refused'; authentic: true }>;
type Counted = Extract<Judgement, { outcome: 'counted' }>;

/** The same refusal of the same bytes is recorded once, so that carrying them in again and again fills no ledger. */
function keepRefused(world: World, { decision, code, continuesChain }: Refused, append: Append): void {
  const known = world.store.decision(decision.hash);
  if (known?.refused === code && known.inChain === continuesChain) return;
  const body = encodeRefusedDecision({ decision: decision.bytes, code });
  const entryIndex = append('refused-decision', body, decision.record.requestId);
  world.store.putDecision({
    ...rowOf(decision, personOf(world, decision.kid)),
    step: null,
    roles: [],
    inChain: continuesChain,
    entryIndex,
    refused: code,
  });
}

function keepCounted(world: World, { decision, counted, tally }: Counted, append: Append, now: number): void {
  const { requestId } = decision.record;
  const entryIndex = append('decision', decision.bytes, requestId);
  const { person, step, roles } = counted;
  world.store.putDecision({
    ...rowOf(decision, person),
    step,
    roles,
    inChain: true,
    entryIndex,
    refused: null,
  });
  const state = world.store.request(requestId)?.state ?? 'pending';
  switch (tally.state) {
    case 'open':
      return;
    case 'complete':
      // Already approved when this one takes the place of an approval that no longer counts.
      if (state !== 'approved') world.store.move(requestId, state, 'approved', { changedAt: now });
      return;
    case 'rejected': {
      const reason = decision.record.choice === 'amend' ? 'amended' : 'denied';
      const note = {
        requestHash: decision.record.requestHash,
        kind: 'rejected' as const,
        by: person,
        reason,
      };
      append('closed', encodeNote('closed', note), requestId);
      world.store.move(requestId, state, 'rejected', {
        changedAt: now,
        code: `request/${reason}`,
        detail: decision.record.note ?? null,
      });
      return;
    }
  }
}

function rowOf({ record: decision, hash, kid, bytes }: Signed<Decision>, person: string) {
  const { requestId, sequence, choice } = decision;
  return { digest: hash, requestId, kid, person, sequence, choice, bytes };
}

function personOf(world: World, kid: Uint8Array): string {
  return world.chain().holder(kid)?.person.id ?? '';
}

function stateOf(world: World, judgement: Judgement): string | undefined {
  if (judgement.outcome === 'refused' && !judgement.authentic) return undefined;
  return world.store.request(judgement.decision.record.requestId)?.state;
}
