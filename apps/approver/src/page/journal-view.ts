import { nobleVerifier, toHex, type PublicKey } from '@countersign/codec';
import { composeResponse, type ApproverState } from '@countersign/messages';
import { formatMoment, harmlessSpans } from '@countersign/wording';
import { journalOf, verifyJournal, type JournalledDecision } from '../core/journal.ts';
import type { KeyEntry } from './approver-files.ts';
import { texts } from './catalogue/index.ts';
import { button, fill, h } from './dom.ts';
import { QrView } from './qr-view.ts';
import { spanNodes } from './render.ts';
import { download } from './saving.ts';

/** What a key has signed, newest first, and the responses that no ledger has confirmed. @throws CodecError when one is not its own */
export function journalView({ name, state, publicKey }: KeyEntry, back: () => void): HTMLElement {
  return h(
    'div',
    { class: 'page-column' },
    h('h1', { tabindex: -1 }, texts.journal.title),
    h('p', { class: 'lead' }, texts.journal.lead),
    state === null
      ? h('p', {}, texts.journal.empty)
      : [decisions(state, publicKey), ...state.logs.map(({ origin }) => openResponse(state, origin, name))],
    h('p', { class: 'actions' }, button(texts.journal.back, back)),
  );
}

function decisions(state: ApproverState, publicKey: PublicKey | null): readonly HTMLElement[] {
  const all = publicKey === null ? journalOf(state) : verifyJournal(state, publicKey, nobleVerifier);
  return [
    h(
      'div',
      { class: 'table-box journal', tabindex: 0, role: 'group', 'aria-label': texts.journal.title },
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, ...texts.journal.columns.map((text) => h('th', { scope: 'col' }, text)))),
        h('tbody', {}, ...all.toReversed().map(decisionRow)),
      ),
    ),
    ...(publicKey === null ? [] : [h('p', { class: 'good' }, `✓ ${texts.journal.verified}`)]),
  ];
}

function decisionRow({ decision, confirmed, refusal }: JournalledDecision): HTMLElement {
  const { sequence, madeAt, choice, requestId, note = '' } = decision;
  return h(
    'tr',
    {},
    h('td', {}, String(sequence)),
    h('td', {}, formatMoment(madeAt)),
    h('td', {}, texts.journal.choices[choice]),
    h('td', { class: 'mono' }, toHex(requestId).slice(0, 8)),
    h('td', {}, refusal ?? (confirmed ? texts.journal.confirmed : texts.journal.open)),
    h('td', {}, ...spanNodes(harmlessSpans(note))),
  );
}

function openResponse(state: ApproverState, origin: string, name: string): HTMLElement | null {
  const response = composeResponse(state, origin);
  if (response === undefined) return null;
  const place = h('div', {});
  const show = button(texts.journal.again, () => {
    fill(
      place,
      new QrView(response).element,
      button(texts.out.file, () => download(`${name}.csdec`, response), { class: 'primary' }),
    );
  });
  return h(
    'section',
    { class: 'section' },
    h('h2', {}, ...spanNodes(harmlessSpans(origin))),
    h('p', { class: 'actions' }, show),
    place,
  );
}
