import { toHex } from '@countersign/codec';
import type { Life, VerifiedEntry } from '@countersign/ledger';
import type { Quorum, Receipt } from '@countersign/messages';
import { formatTime, visibleText } from '@countersign/program';

/** A submission that declared an emergency, and what came of it. */
export interface Emergency {
  readonly requestId: string;
  /** Empty when it was erased, as are the submitter and the reason. */
  readonly target: string;
  readonly by: string;
  readonly reason: string;
  readonly declaredAt: string;
  readonly state: Life['state'];
  /** When its run ended; undefined unless it ran. */
  readonly ranAt: string | undefined;
  /** Who approved it. */
  readonly approvedBy: readonly string[];
  /** How many persons policy asked; undefined when it never became a request. */
  readonly persons: number | undefined;
  /** What policy says without the declaration, by the word of the executor. */
  readonly ordinary: { readonly decision: string; readonly persons: number } | undefined;
}

/** Returns every emergency that a ledger tells of, in the order of their submissions. */
export function emergenciesOf(
  lives: Iterable<Life>,
  entryAt: (index: number) => VerifiedEntry | undefined,
): readonly Emergency[] {
  return [...lives].flatMap((life) => emergencyOf(life, entryAt) ?? []);
}

function emergencyOf(
  life: Life,
  entryAt: (index: number) => VerifiedEntry | undefined,
): Emergency | undefined {
  const submission = life.submission?.record;
  const request = life.request?.signed.record;
  const own = life.indexes.flatMap((index) => entryAt(index) ?? []);
  // Of an erased submission the request still says it, and of both the receipt.
  const says = [submission, request, ...own.map(receiptOf)].some(
    (record) => record?.breakGlass !== undefined,
  );
  if (!says) return undefined;
  const ran = own.find(({ content }) => content.type === 'receipt' && hasRun(content.signed.record.outcome));
  const { breakGlass: ordinary } = request ?? {};
  return {
    requestId: toHex(life.id),
    target: submission?.target ?? request?.target.name ?? '',
    by: life.requester.person,
    reason: submission?.reason ?? '',
    declaredAt: formatTime(own[0]?.entry.madeAt ?? 0),
    state: life.state,
    ranAt: ran === undefined ? undefined : formatTime(ran.entry.madeAt),
    approvedBy: (life.intent?.approvals ?? []).map(({ person }) => person),
    persons: request === undefined ? undefined : personsOf(request.policy.quorum),
    ordinary:
      ordinary === undefined
        ? undefined
        : { decision: ordinary.decision, persons: personsOf(ordinary.quorum) },
  };
}

function receiptOf({ content }: VerifiedEntry): Receipt | undefined {
  return content.type === 'receipt' ? content.signed.record : undefined;
}

function hasRun(outcome: string): boolean {
  return outcome === 'executed' || outcome === 'resolved-ran';
}

function personsOf(quorum: Quorum): number {
  return quorum.flat().reduce((sum, { count }) => sum + count, 0);
}

/** Returns an emergency in one line; what its submitter wrote is shown with every hidden character. */
export function emergencyLine(one: Emergency): string {
  const { requestId, target, by, declaredAt, state, ranAt, approvedBy, reason } = one;
  const ended = ranAt === undefined ? state : `${state} ${ranAt}, approved by ${approvedBy.join(', ')}`;
  return `emergency: ${requestId} on ${said(target)}, declared ${declaredAt} by ${said(by)}: ${ended}${askedText(one)}: ${said(reason)}`;
}

function said(text: string): string {
  return text === '' ? '(erased)' : visibleText(text);
}

function askedText({ persons, ordinary }: Emergency): string {
  if (persons === undefined || ordinary === undefined) return '';
  const otherwise = { allow: 'nobody', deny: 'a denial', require: String(ordinary.persons) }[
    ordinary.decision
  ];
  return `; policy asked ${persons}, otherwise ${otherwise ?? ''}`;
}
