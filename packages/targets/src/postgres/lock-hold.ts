import { TargetError } from '../target-error.ts';

/** How often the server is told again: what it is told between two queries is lost. */
const againMs = 250;

/** Bounds how long a dry run keeps the locks of a change of the schema: whoever wants the table waits for it. */
export class LockHold {
  readonly #limitMs: number;
  readonly #cancel: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(limitMs: number, cancel: () => Promise<void>) {
    this.#limitMs = limitMs;
    this.#cancel = cancel;
  }

  /** The first statement is about to take locks. */
  start(): void {
    if (this.#timer !== undefined || !Number.isFinite(this.#limitMs)) return;
    this.#timer = setTimeout(() => {
      this.#over = true;
      void this.#cancel();
      this.#timer = setInterval(() => void this.#cancel(), againMs);
    }, this.#limitMs);
  }

  /** All locks are given up. */
  stop(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Returns the cause, or what it comes from. */
  explain(cause: unknown): unknown {
    if (!this.#over) return cause;
    const text = `dry run kept locks of a change of the schema for more than ${this.#limitMs} ms and was rolled back; the run would keep them longer`;
    return new TargetError('limit/time', text, { cause });
  }
}
