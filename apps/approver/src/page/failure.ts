import { CameraError } from '@countersign/camera';
import { CodecError } from '@countersign/codec';
import { DiffError } from '@countersign/diff';
import { FrameError } from '@countersign/frames';
import { KeysError } from '@countersign/keys';
import { MessageError } from '@countersign/messages';
import { SqlError } from '@countersign/sql';
import { explain, harmless, WordingError } from '@countersign/wording';
import { ApprovalError } from '../core/approval-error.ts';
import { failures, texts } from './catalogue/index.ts';
import { h } from './dom.ts';
import { PageError } from './page-error.ts';

/** What a person reads about something that was refused. */
export interface Failure {
  readonly sentence: string;
  readonly next: string;
  readonly code: string;
  readonly detail: string;
}

const kinds = [
  CodecError,
  DiffError,
  FrameError,
  KeysError,
  MessageError,
  SqlError,
  ApprovalError,
  WordingError,
];

type Coded = InstanceType<(typeof kinds)[number]>;

/** Returns what is said about an error. What no room has a code for is said to be a fault of the page, with its message. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof PageError || thrown instanceof CameraError) {
    const { sentence, next } = failures[thrown.code];
    return { sentence, next, code: thrown.code, detail: harmless(thrown.message) };
  }
  if (kinds.some((kind) => thrown instanceof kind)) {
    const { message } = thrown as Coded;
    const code = codeToExplain(thrown as Coded);
    return { ...explain(code), code, detail: harmless(message) };
  }
  const detail = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return { ...texts.failure.unexpected, code: 'page/unexpected', detail: harmless(detail) };
}

/** A refusal of composing names the rule of the executor that would refuse the decision. */
function codeToExplain(error: Coded): string {
  if (!(error instanceof MessageError) || error.subject === undefined) return error.code;
  if (error.code === 'compose/not-permitted') return error.subject;
  if (error.code === 'compose/condition-wider') return `decision/${error.subject}`;
  return error.code;
}

/** Returns the box that shows a failure, in the files of these names; a screen reader reads it at once. */
export function failureBox(thrown: unknown, names: readonly string[] = []): HTMLElement {
  const { sentence, next, code, detail } = failureOf(thrown);
  return h(
    'div',
    { class: 'notice danger', role: 'alert' },
    h('p', { class: 'notice-title' }, h('span', { class: 'mark', 'aria-hidden': 'true' }, '✗'), sentence),
    names.length === 0
      ? null
      : h('p', { class: 'muted' }, texts.failure.about(names.map((name) => harmless(name)))),
    h('p', {}, next),
    h('p', { class: 'muted small' }, h('code', {}, code), ` ${detail}`),
  );
}
