import { sha256, toHex } from '@countersign/codec';
import { formatTime } from '@countersign/program';
import { harmless, renderTerminal } from '@countersign/wording';
import { decodeEntry } from '@countersign/messages';
import { describeSealed, submissionOfRow } from '../commands/describe.ts';
import { diffDocument, factsOfRow, wordsOf } from '../commands/request-document.ts';
import { shownDiff } from '../commands/shown-diff.ts';
import type { NotifyDetail, NotifyEvent } from '../home/notify-setting.ts';
import { decodeVerdictBody } from '../stages/assess.ts';
import {
  decisionOfRow,
  isEmergency,
  requestOfRow,
  requireSealed,
  type SealedRow,
} from '../stages/known-request.ts';
import { requireRequest } from '../stages/request.ts';
import { effectInReceipt, ranAs, ranOrTried, signedDiff, type RanAs } from '../stages/stored-diff.ts';
import { withoutTolerance } from '../stages/tolerance.ts';
import type { NotificationRow } from '../store/notification.ts';
import type { RequestRow } from '../store/request-row.ts';
import type { World } from '../world.ts';

/** What one message says, before it takes a channel's form. Texts of others stand as they are: each form makes them harmless. */
export interface Notice {
  /** The same in every attempt and in no other message of this deployment. */
  readonly id: string;
  readonly event: NotifyEvent | 'test';
  /** Why it failed; only for `failed`. */
  readonly code: string | undefined;
  /** Whole seconds since 1970: when it happened. */
  readonly at: number;
  readonly requestId: string;
  readonly target: string;
  readonly submitter: { readonly id: string; readonly kind: string };
  /** Whether an emergency was declared. */
  readonly emergency: boolean;
  /** Kinds of statement, such as `update`. */
  readonly kinds: readonly string[];
  /** Rows that it changes, or changed; null when nobody knows. */
  readonly rows: number | null;
  /** How what ran stands to what was signed; only for `executed`. */
  readonly ran: RanAs | undefined;
  /** Five words of the digest, and the deadlines; undefined of what was never sealed, so that nobody can approve it. */
  readonly words: string | undefined;
  readonly reviewBy: number | undefined;
  readonly runBy: number | undefined;
  /** Who decided, and how; only for `decided`. */
  readonly decision: { readonly person: string; readonly choice: string } | undefined;
  /** Only what the channel asks for. */
  readonly details: Details;
}

/** What is left out unless a channel's `show` names it. */
export interface Details {
  readonly reason?: string;
  /** An approver's note, or what the database said. */
  readonly note?: string;
  readonly sql?: readonly string[];
  /** Changed rows, masked as policy says: as people read them, and as `diff --json` gives them. */
  readonly rows?: { readonly text: string; readonly list: readonly object[] };
}

const rowsMax = 50;
const textWidth = 100;

/** Returns what a queued message says, from the ledger entry it tells of and the request as it stands. */
export function noticeOf(world: World, queued: NotificationRow, show: readonly NotifyDetail[]): Notice {
  const row = requireRequest(world, queued.requestId);
  // That an emergency was declared is told of its submission: of what was found later the second message tells.
  const isDeclared = queued.event === 'break-glass' && queued.entryIndex !== row.entryIndex;
  const told = isDeclared ? { ...row, sealed: null } : row;
  const texts = submissionOfRow(row).statements.map(({ sql }) => sql);
  const { statements } = factsOfRow(row, texts);
  const person = world.chain().current.person(row.submitter);
  const decided = queued.event === 'decided' ? decidedBy(world, queued.entryIndex) : undefined;
  return {
    id: `cs_${toHex(world.domain).slice(0, 16)}_${queued.entryIndex}_${queued.event}`,
    event: queued.event,
    code: queued.event === 'failed' ? (row.code ?? undefined) : undefined,
    at: decodeEntry(world.ledger.entry(queued.entryIndex)).madeAt,
    requestId: toHex(row.id),
    target: row.target,
    submitter: { id: row.submitter, kind: person?.kind ?? 'unknown' },
    emergency: isEmergency(row),
    kinds: [...new Set(statements.map(({ kind }) => kind))],
    ...sealedFacts(told, queued.event),
    decision: decided === undefined ? undefined : { person: decided.person, choice: decided.choice },
    details: detailsOf(world, told, queued.event, decided?.note, show),
  };
}

/** What is known once a request was sealed: of what policy denied nothing was counted, and there is nothing to approve. */
function sealedFacts(
  row: RequestRow,
  event: NotifyEvent,
): Pick<Notice, 'rows' | 'ran' | 'words' | 'reviewBy' | 'runBy'> {
  if (row.sealed === null)
    return { rows: null, ran: undefined, words: undefined, reviewBy: undefined, runBy: undefined };
  const sealed = requireSealed(row);
  const { effect, reviewBy, runBy } = requestOfRow(sealed);
  const ran = event === 'executed' ? ranAs(sealed) : undefined;
  const counted = ran === 'within-tolerance' ? (effectInReceipt(sealed) ?? effect) : effect;
  const rows = effect.untried === true || ran === 'rows-unknown' ? null : counted.rows;
  return { rows, ran, words: wordsOf(sealed.digest), reviewBy, runBy };
}

function decidedBy(
  world: World,
  entryIndex: number,
): { person: string; choice: string; note?: string } | undefined {
  const body = world.ledger.body(entryIndex);
  const stored = body === null ? undefined : world.store.decision(sha256(body));
  if (stored === undefined) return undefined;
  const { choice, note } = decisionOfRow(stored);
  return { person: stored.person, choice, ...(note === undefined ? {} : { note }) };
}

/** What ended a request, in the words of the database, of a person or of policy. */
function endingOf(row: RequestRow, event: NotifyEvent): string | undefined {
  switch (event) {
    case 'break-glass':
    case 'requested':
    case 'exported':
    case 'decided':
      return undefined;
    case 'break-glass-denied':
      return decodeVerdictBody(row.verdict).reason;
    default:
      return row.detail ?? undefined;
  }
}

function detailsOf(
  world: World,
  row: RequestRow,
  event: NotifyEvent,
  decided: string | undefined,
  show: readonly NotifyDetail[],
): Details {
  const { reason, statements } = submissionOfRow(row);
  const note = decided ?? endingOf(row, event);
  const isShown = show.includes('rows') && row.sealed !== null;
  const rows = isShown ? rowsOf(world, requireSealed(row), event) : undefined;
  return {
    ...(show.includes('reason') ? { reason } : {}),
    ...(show.includes('note') && note !== undefined ? { note } : {}),
    ...(show.includes('sql') ? { sql: statements.map(({ sql }) => sql) } : {}),
    ...(rows === undefined ? {} : { rows }),
  };
}

/** The signed rows, or those of a run that did others within its tolerance; undefined when nobody knows which those were. */
function rowsOf(world: World, row: SealedRow, event: NotifyEvent): Details['rows'] {
  const request = requestOfRow(row);
  const ran = event === 'executed' ? ranAs(row) : 'as-signed';
  if (ran === 'rows-unknown') return undefined;
  const { diff, effect } =
    ran === 'as-signed'
      ? { diff: signedDiff(row, request), effect: request.effect }
      : ranOrTried(row, request);
  const shown = diffDocument(shownDiff(request, diff), effect.diffDigest);
  const list = 'rows' in shown && Array.isArray(shown.rows) ? (shown.rows as readonly object[]) : [];
  const as = { request: { ...withoutTolerance(request), effect }, diff };
  const sections = ['changes', 'schema', 'not-previewed'] as const;
  const document = describeSealed(world, row, sections, ran === 'as-signed' ? undefined : as);
  return {
    text: renderTerminal(document, { colour: false, width: textWidth }),
    list: list.slice(0, rowsMax),
  };
}

const headlines: Readonly<Record<Notice['event'], string>> = {
  'break-glass': 'declared an emergency; approval is asked for',
  'break-glass-denied': 'declared an emergency; policy denied it',
  requested: 'approval is asked for',
  exported: 'carried out to approvers',
  decided: 'an approver decided',
  executed: 'ran, as approved',
  drifted: 'drifted; nothing was written',
  failed: 'failed; nothing was written',
  ambiguous: 'cut off; nobody knows whether it ran',
  resolved: 'a run that was cut off is settled',
  expired: 'expired',
  withdrawn: 'taken back',
  test: 'a test of this channel',
};

/** What was not sealed, ran without a dry run, otherwise than signed or before is not what it says of others. */
function happening({ event, rows, code, ran, words }: Notice): string {
  if (event === 'break-glass' && words === undefined)
    return 'declared an emergency; it is tried before approval is asked for';
  if (ran === 'within-tolerance') return 'ran; not the approved rows, within what the approval lets differ';
  if (ran === 'rows-unknown') return 'ran, within what the approval lets differ; which rows is not known';
  if (event === 'failed' && code === 'run/replayed') return 'had run before; it was not run again';
  if (event === 'failed' && words === undefined)
    return 'failed before approval was asked for; nothing was written';
  if (event === 'failed' && rows === null) return 'failed; what it had done is not taken back';
  if (event === 'executed' && rows === null) return 'ran; it could not be tried before';
  return headlines[event];
}

/** Returns the one line that a message begins with; it holds no text of others but names of closed shape. */
export function headlineOf(notice: Notice): string {
  const { requestId, target, emergency } = notice;
  const what = emergency ? 'EMERGENCY request' : 'request';
  return plainWords(`Countersign: ${what} ${requestId.slice(0, 8)} on ${target}: ${happening(notice)}`);
}

/** Returns a message as labelled lines for people, every value harmless. */
export function linesOf(notice: Notice): readonly (readonly [label: string, value: string])[] {
  const { submitter, decision, details } = notice;
  const lines: [string, string][] = [
    ['request', notice.requestId],
    ['target', notice.target],
    ['asked by', `${submitter.id} (${submitter.kind})`],
    ['kind', notice.kinds.join(', ')],
    ['rows', notice.rows === null ? 'not known' : String(notice.rows)],
  ];
  if (notice.words !== undefined) lines.push(['words', notice.words]);
  if (notice.reviewBy !== undefined) lines.push(['review by', formatTime(notice.reviewBy)]);
  if (notice.runBy !== undefined) lines.push(['run by', formatTime(notice.runBy)]);
  if (notice.emergency) lines.push(['emergency', `declared by ${submitter.id}; nobody has checked it`]);
  if (decision !== undefined) lines.push(['decision', `${decision.choice} by ${decision.person}`]);
  if (details.reason !== undefined) lines.push(['reason', details.reason]);
  if (details.note !== undefined) lines.push(['note', details.note]);
  return lines.map(([label, value]) => [label, plainWords(value, valueLengthMax)]);
}

/** Returns the longer texts of a message, each harmless line by line. */
export function blocksOf({ details }: Notice): readonly (readonly [label: string, text: string])[] {
  const blocks: [string, string][] = [];
  if (details.sql !== undefined) blocks.push(['SQL', details.sql.join(';\n')]);
  if (details.rows !== undefined) blocks.push(['rows', details.rows.text]);
  return blocks.map(([label, text]) => [label, plainBlock(text)]);
}

const valueLengthMax = 500;
const blockLengthMax = 2_500;

/**
 * A dot, or what IDNA takes for one, before what may be a top-level domain: two letters of any script, whose vowels may be marks.
 * What stands before it may be a symbol as well. Of an address in numbers the first dot is enough.
 */
const hostDot = /(?<=\S)[.。．｡․﹒](?=\p{L}[\p{L}\p{M}])|(?<=\b\d{1,3})\.(?=\d{1,3}(?:\.\d{1,3}){2}\b)/gu;

/**
 * Returns a text that is no link, no mention and no markup in a chat or a mail: hidden characters are named, `://` and `@` are
 * broken, and so are dots where a mail program would see the name of a host.
 */
export function plainWords(text: string, lengthMax: number = valueLengthMax): string {
  const cut = text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text;
  return harmless(cut)
    .replaceAll('://', '[:]//')
    .replaceAll('@', '[@]')
    .replace(hostDot, '[.]')
    .replace(/\b(mailto|tel|javascript|data):/giu, '$1[:]');
}

function plainBlock(text: string): string {
  const cut = text.length > blockLengthMax ? `${text.slice(0, blockLengthMax)}\n… cut` : text;
  return cut
    .split('\n')
    .map((line) => plainWords(line, blockLengthMax))
    .join('\n');
}
