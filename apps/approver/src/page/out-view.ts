import { toHex } from '@countersign/codec';
import { texts } from './catalogue/index.ts';
import { button, fill, h } from './dom.ts';
import { failureBox } from './failure.ts';
import { QrView } from './qr-view.ts';
import { download } from './saving.ts';
import type { Case, Kept } from './signing.ts';

/** Shows a signed decision: first the memory must be kept, then the response leaves as code and file. */
export function outView({ key, reviewed }: Case, kept: Kept, next: () => void): HTMLElement {
  const { decision, state, response, stateBytes } = kept;
  const stateName = `${key.name}.csstate`;
  const responseName = `${toHex(decision.requestId).slice(0, 8)}-${key.name}.csdec`;
  const log = state.logs.find(({ origin }) => origin === decision.witnessed.origin);
  const open = log?.journal.filter(({ confirmed }) => !confirmed).length ?? 0;
  const hand = h('div', { class: 'stack' });
  const release = (): void => fill(hand, handOver(responseName, response, open, next));
  const save = button(
    texts.out.save(stateName),
    () => {
      download(stateName, stateBytes);
      fill(keep, h('p', { class: 'good' }, `✓ ${texts.out.saved}`));
      release();
    },
    { class: 'primary' },
  );
  const keep = h('div', { class: 'stack' });
  if (kept.isKept) {
    fill(keep, h('p', { class: 'good' }, `✓ ${texts.out.kept}`));
    release();
  } else {
    fill(
      keep,
      kept.trouble === undefined ? null : failureBox(kept.trouble),
      h('p', {}, kept.trouble === undefined ? texts.out.keepWhy : texts.out.saveFailed),
      save,
    );
    fill(hand, h('p', { class: 'muted' }, texts.out.held));
  }
  return h(
    'div',
    { class: 'page-column' },
    h('h1', { tabindex: -1 }, texts.out.title[decision.choice]),
    h('p', { class: 'lead' }, texts.out.request(reviewed.shown.requestWords)),
    h('section', { class: 'section' }, h('h2', {}, texts.out.keep), keep),
    h('section', { class: 'section' }, h('h2', {}, texts.out.hand), hand),
  );
}

function handOver(name: string, response: Uint8Array, open: number, next: () => void): HTMLElement {
  const code = new QrView(response);
  return h(
    'div',
    { class: 'hand-over' },
    code.element,
    h(
      'div',
      {},
      h('p', {}, texts.out.handLead),
      open > 1 ? h('p', {}, texts.out.several(open)) : null,
      h('p', { class: 'muted small mono' }, name),
      h(
        'p',
        { class: 'actions' },
        button(texts.out.file, () => download(name, response), { class: 'primary' }),
        button(texts.out.next, () => {
          code.stop();
          next();
        }),
      ),
    ),
  );
}
