import type { Document, ShownReview } from '@countersign/wording';
import { reviewedAt } from '../core/review-request.ts';
import { clock, type Case } from './signing.ts';

/** How often the clock is looked at: a timer for a moment hours away stands still while the machine sleeps. */
const lookEveryMs = 1000;
/** After so many seconds all times on the screen are drawn anew. */
const renewEvery = 30;
/** So many seconds before a request comes too late they are drawn anew each second. */
const lastSeconds = 60;

/** What a request on the screen is made of, and who is told that it reads otherwise now. */
export interface LiveParts {
  readonly describe: (later: ShownReview) => Document;
  readonly renew: (matter: Case) => void;
  /** While a decision is signed, what is signed stays on the screen. */
  readonly isHeld: () => boolean;
}

/**
 * Keeps a request on the screen in step with the clock of the machine: every half minute, and at once when a check, a warning or what the
 * key may sign becomes another. `stop` must be called when the request goes.
 */
export class LiveReview {
  #matter: Case;
  readonly #parts: LiveParts;
  readonly #timer: number;
  readonly #look = (): void => this.#step();

  constructor(matter: Case, parts: LiveParts) {
    this.#matter = matter;
    this.#parts = parts;
    this.#timer = setInterval(this.#look, lookEveryMs);
    // The timers of a page that nobody sees are slowed down.
    document.addEventListener('visibilitychange', this.#look);
  }

  stop(): void {
    clearInterval(this.#timer);
    document.removeEventListener('visibilitychange', this.#look);
  }

  #step(): void {
    const now = clock();
    if (now === this.#matter.reviewed.shown.now || this.#parts.isHeld()) return;
    const reviewed = reviewedAt(this.#matter.reviewed, now);
    const later = { ...this.#matter, reviewed, document: this.#parts.describe(reviewed.shown) };
    if (!this.#isDue(now) && standing(later) === standing(this.#matter)) return;
    this.#matter = later;
    this.#parts.renew(later);
  }

  #isDue(now: number): boolean {
    const { request, now: drawn } = this.#matter.reviewed.shown;
    const isEnding = [request.reviewBy, request.runBy].some((at) => at >= now && at - now < lastSeconds);
    return isEnding || now < drawn || now - drawn >= renewEvery;
  }
}

/** What a decision stands on: a change of it is shown without delay. */
function standing({ reviewed, document }: Case): string {
  return JSON.stringify([reviewed.shown.checks, document.warnings, reviewed.review.permissions]);
}
