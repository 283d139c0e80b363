import { sha256, toHex } from '@countersign/codec';
import { formatTime } from '@countersign/program';
import { harmless, renderTerminal } from '@countersign/wording';
import { decodeEntry } from '@countersign/messages';
import { describeSealed, submissionOfRow } from '../commands/describe.ts';
import { diffDocument, factsOfRow, wordsOf } from '../commands/request-document.ts';
import { signedDiff } from '../stages/stored-diff.ts';
import { shownDiff } from '../commands/shown-diff.ts';
import type { NotifyDetail, NotifyEvent } from '../home/notify-setting.ts';
import { decisionOfRow, requestOfRow, requireSealed, type SealedRow } from '../stages/known-request.ts';
import { requireRequest } from '../stages/request.ts';
import type { NotificationRow } from '../store/notification.ts';
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
  /** Rows that it changes, or changed; null when it could not be tried, so that nobody knows. */
  readonly rows: number | null;
  /** Five words of the digest. */
  readonly words: string;
  readonly reviewBy: number;
  readonly runBy: number;
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

/** Returns what a queued message says, from the ledger entry it tells of and the sealed request. */
export function noticeOf(world: World, queued: NotificationRow, show: readonly NotifyDetail[]): Notice {
  const row = requireSealed(requireRequest(world, queued.requestId));
  const request = requestOfRow(row);
  const texts = request.statements.map(({ sql }) => sql);
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
    emergency: request.breakGlass !== undefined,
    kinds: [...new Set(statements.map(({ kind }) => kind))],
    rows: request.effect.untried === true ? null : request.effect.rows,
    words: wordsOf(row.digest),
    reviewBy: request.reviewBy,
    runBy: request.runBy,
    decision: decided === undefined ? undefined : { person: decided.person, choice: decided.choice },
    details: detailsOf(world, row, decided?.note ?? endingOf(row, queued.event), show),
  };
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

/** What ended a request, in the words of the database or of a person. */
function endingOf(row: SealedRow, event: NotifyEvent): string | undefined {
  const ends =
    event !== 'break-glass' && event !== 'requested' && event !== 'exported' && event !== 'decided';
  return ends && row.detail !== null ? row.detail : undefined;
}

function detailsOf(
  world: World,
  row: SealedRow,
  note: string | undefined,
  show: readonly NotifyDetail[],
): Details {
  const request = requestOfRow(row);
  return {
    ...(show.includes('reason') ? { reason: submissionOfRow(row).reason } : {}),
    ...(show.includes('note') && note !== undefined ? { note } : {}),
    ...(show.includes('sql') ? { sql: request.statements.map(({ sql }) => sql) } : {}),
    ...(show.includes('rows') ? { rows: rowsOf(world, row) } : {}),
  };
}

function rowsOf(world: World, row: SealedRow): NonNullable<Details['rows']> {
  const request = requestOfRow(row);
  const shown = diffDocument(shownDiff(request, signedDiff(row, request)), request.effect.diffDigest);
  const list = 'rows' in shown && Array.isArray(shown.rows) ? (shown.rows as readonly object[]) : [];
  const document = describeSealed(world, row, ['changes', 'schema', 'not-previewed']);
  return {
    text: renderTerminal(document, { colour: false, width: textWidth }),
    list: list.slice(0, rowsMax),
  };
}

const headlines: Readonly<Record<Notice['event'], string>> = {
  'break-glass': 'declared an emergency; approval is asked for',
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

/** What ran without a dry run, or had run before, is not what it says of others. */
function happening({ event, rows, code }: Notice): string {
  if (event === 'failed' && code === 'run/replayed') return 'had run before; it was not run again';
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
    ['words', notice.words],
    ['review by', formatTime(notice.reviewBy)],
    ['run by', formatTime(notice.runBy)],
  ];
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
