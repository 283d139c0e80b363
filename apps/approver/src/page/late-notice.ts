import { ApprovalError } from '../core/approval-error.ts';
import { fill, h } from './dom.ts';
import { failureBox } from './failure.ts';

const lateCodes: ReadonlySet<string> = new Set(['approval/review-late', 'approval/run-late']);

/** Where a request says that it comes too late to be approved. A screen reader reads it when it comes, and no other change of a time. */
export class LateNotice {
  readonly element: HTMLElement = h('div', {});
  #code: string | undefined;

  /** Says why it is too late, undefined while it is not; what is said already is not said again. */
  show(late: ApprovalError | undefined): void {
    if (late?.code === this.#code) return;
    this.#code = late?.code;
    fill(this.element, late === undefined ? null : failureBox(late));
  }

  /** Says it once more, where that is what was thrown; returns whether it was. */
  take(thrown: unknown): boolean {
    if (!(thrown instanceof ApprovalError && lateCodes.has(thrown.code))) return false;
    this.#code = undefined;
    this.show(thrown);
    return true;
  }
}
