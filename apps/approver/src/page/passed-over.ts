import type { PassedOver } from '@countersign/camera';
import { harmless } from '@countersign/wording';
import { pictures, texts } from './catalogue/index.ts';
import { h } from './dom.ts';

/** Returns the box that tells what was passed over in the pictures; null where nothing was. */
export function passedOverBox(all: readonly PassedOver[]): HTMLElement | null {
  if (all.length === 0) return null;
  return h(
    'div',
    { class: 'notice warning', role: 'status' },
    h(
      'p',
      { class: 'notice-title' },
      h('span', { class: 'mark', 'aria-hidden': 'true' }, '!'),
      texts.inbox.passedOver,
    ),
    h('ul', {}, ...all.map((one) => h('li', {}, sentence(one)))),
  );
}

function sentence(one: PassedOver): string {
  switch (one.kind) {
    case 'foreign':
      return texts.inbox.passedForeign(harmless(one.name), pictures.holds[one.is]);
    case 'refused':
      return texts.inbox.passedRefused(harmless(one.name), one.code);
    case 'incomplete':
      return texts.inbox.passedIncomplete(
        one.received,
        one.needed,
        one.names.map((name) => harmless(name)),
      );
  }
}
