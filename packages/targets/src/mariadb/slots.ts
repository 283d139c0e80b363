import { TargetError } from '../target-error.ts';

/** Lets so many things go on at once in this process; more wait in their order. */
export class Slots {
  #free: number;
  /** Those that wait, each called when a slot is handed to it. */
  readonly #queue: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Does the work once there is room for it. @throws TargetError `target/busy` when there is none for `waitMs` milliseconds */
  async use<T>(waitMs: number, work: () => Promise<T>): Promise<T> {
    await this.#take(waitMs);
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  async #take(waitMs: number): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((done, fail) => {
      const called = (): void => {
        clearTimeout(timer);
        done();
      };
      const timer = setTimeout(() => {
        this.#queue.splice(this.#queue.indexOf(called), 1);
        fail(new TargetError('target/busy', 'as many definitions as may be are being tried at the moment'));
      }, waitMs);
      this.#queue.push(called);
    });
  }
}
