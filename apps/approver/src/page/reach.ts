import { h } from './dom.ts';

/** Something of a request that must have been on the screen before it is approved. */
export interface Reach {
  readonly kind: 'rows' | 'lines';
  readonly seen: number;
  readonly count: number;
  /** Brings the first part that was not on the screen there. */
  goToUnseen(): void;
}

/** Pixels at the top of the window that jumps within the page keep clear: `scroll-padding-top` of style/base.css. */
const clear = 64;

/** Height of the line that stays at the top of the window, pixels, as far as jumps keep clear of it. */
export function topHeight(): number {
  return Math.min(clear, document.querySelector<HTMLElement>('.top')?.offsetHeight ?? 0);
}

/** Lines that stand in the document, the end of each of which must have been on the screen. */
export class LineReach implements Reach {
  readonly kind = 'lines';
  readonly count: number;
  readonly #unseen: Set<Element>;

  constructor(lines: Iterable<Element>, reached: () => void) {
    this.#unseen = new Set(Array.from(lines, withEnd));
    this.count = this.#unseen.size;
    const observer = new IntersectionObserver(
      (entries) => {
        const before = this.#unseen.size;
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting) continue;
          this.#unseen.delete(target);
          observer.unobserve(target);
        }
        if (this.#unseen.size !== before) reached();
      },
      { rootMargin: `-${topHeight()}px 0px 0px` },
    );
    for (const line of this.#unseen) observer.observe(line);
  }

  get seen(): number {
    return this.count - this.#unseen.size;
  }

  goToUnseen(): void {
    const [first] = this.#unseen;
    const line = first?.parentElement;
    if (!line) return;
    const { top, bottom } = line.getBoundingClientRect();
    const isBegun = top < window.innerHeight / 2 && bottom > window.innerHeight;
    // One that is longer than the window is gone through a part at a time.
    if (isBegun) window.scrollBy(0, window.innerHeight * 0.75);
    else line.scrollIntoView({ block: bottom - top > window.innerHeight / 2 ? 'start' : 'center' });
    // The button that was pressed is drawn anew meanwhile, and would lose the focus to nobody.
    line.tabIndex = -1;
    line.focus({ preventScroll: true });
  }
}

/** Puts a mark at the end of a line and returns it. */
function withEnd(line: Element): Element {
  const end = h('span', { class: 'line-end', 'aria-hidden': 'true' });
  line.append(end);
  return end;
}
