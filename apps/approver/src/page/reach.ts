/** Something of a request that must have been on the screen before it is approved. */
export interface Reach {
  readonly kind: 'rows' | 'lines';
  readonly seen: number;
  readonly count: number;
  /** Brings the first part that was not on the screen there. */
  goToUnseen(): void;
}

/** Lines that stand in the document, each of which must have been on the screen. */
export class LineReach implements Reach {
  readonly kind = 'lines';
  readonly count: number;
  readonly #unseen: Set<Element>;

  constructor(lines: Iterable<Element>, reached: () => void) {
    this.#unseen = new Set(lines);
    this.count = this.#unseen.size;
    const observer = new IntersectionObserver((entries) => {
      const before = this.#unseen.size;
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        this.#unseen.delete(target);
        observer.unobserve(target);
      }
      if (this.#unseen.size !== before) reached();
    });
    for (const line of this.#unseen) observer.observe(line);
  }

  get seen(): number {
    return this.count - this.#unseen.size;
  }

  goToUnseen(): void {
    const [first] = this.#unseen;
    first?.scrollIntoView({ block: 'center' });
  }
}
