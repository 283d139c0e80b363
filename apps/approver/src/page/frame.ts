import { toHex } from '@countersign/codec';
import { texts } from './catalogue/index.ts';
import { button, fill, h } from './dom.ts';
import { ownHash } from './own-hash.ts';

/** What stands around every screen. */
export interface Frame {
  readonly element: HTMLElement;
  /** Shows a screen, under what there is to say about how it came. */
  show(view: HTMLElement, above: HTMLElement | null): void;
  /** Says what is being done, until the next screen. */
  busy(what: string): void;
  /** Shows whose key it is and whether it is open; undefined for none. */
  key(name: string | undefined, isOpen: boolean): void;
  demo(isDemo: boolean): void;
}

/** Draws the frame: brand, key, place of the screens, and the words of the page's own hash. */
export function frame(hashWords: string, lock: () => void): Frame {
  const main = h('main', { id: 'content' });
  const keyPlace = h('div', { class: 'key-state', role: 'status' });
  const demoPlace = h('div', {});
  const skip = h('a', { class: 'skip', href: '#content' }, texts.skip);
  skip.addEventListener('click', (event) => {
    event.preventDefault();
    main.querySelector<HTMLElement>('h1')?.focus();
  });
  const header = h(
    'header',
    { class: 'top' },
    h(
      'p',
      { class: 'brand' },
      h('span', { class: 'seal', 'aria-hidden': 'true' }),
      h('strong', {}, texts.brand),
      ` ${texts.face}`,
    ),
    keyPlace,
  );
  const element = h('div', { class: 'frame' }, skip, demoPlace, header, main, footer(hashWords));
  return {
    element,
    show(view, above): void {
      fill(main, above, view);
      window.scrollTo(0, 0);
      const heading = view.querySelector<HTMLElement>('h1');
      heading?.focus({ preventScroll: true });
      document.title = `${heading?.textContent ?? ''} · ${texts.brand} ${texts.face}`;
    },
    busy(what): void {
      fill(main, h('div', { class: 'page-column' }, h('p', { class: 'busy', role: 'status' }, `${what} …`)));
    },
    key(name, isOpen): void {
      if (name === undefined) {
        fill(keyPlace);
        return;
      }
      const text = isOpen ? texts.vault.open(name) : texts.vault.locked(name);
      fill(
        keyPlace,
        h(
          'span',
          { class: isOpen ? 'open' : 'locked' },
          h('span', { 'aria-hidden': 'true' }, isOpen ? '◉ ' : '○ '),
          text,
        ),
        isOpen ? button(texts.vault.lock, lock, { class: 'quiet', title: texts.vault.auto }) : null,
      );
    },
    demo(isDemo): void {
      fill(demoPlace, isDemo ? h('p', { class: 'demo', role: 'note' }, texts.demo) : null);
    },
  };
}

function footer(hashWords: string): HTMLElement {
  return h(
    'footer',
    { class: 'bottom' },
    h(
      'details',
      {},
      h('summary', {}, `${texts.build.label}: `, h('strong', {}, hashWords)),
      h('p', {}, texts.build.how),
      h('p', { class: 'mono' }, h('span', { class: 'muted' }, '$ '), texts.build.command),
      h('p', { class: 'mono hash' }, toHex(ownHash())),
      h('p', { class: 'muted' }, texts.build.why),
    ),
    h('p', { class: 'muted' }, texts.offline),
  );
}
