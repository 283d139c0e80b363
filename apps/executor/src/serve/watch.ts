import { closeDue } from '../stages/expire.ts';
import type { RequestRow } from '../store/request-row.ts';
import type { World } from '../world.ts';
import { requireGood, type Caller } from './caller.ts';

const lookMs = 200;

/** Looks at the requests that somebody waits for, all in one turn, whoever moves them: other processes of this home too. */
export class Watch {
  readonly #world: World;
  readonly #watchers = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /**
   * Calls `look` with the request now and whenever it has changed, until `look` returns true, `until` is aborted or the
   * time is over. Returns whether `look` was satisfied.
   * @throws what {@link requireGood} refuses with, as soon as it does
   */
  follow(
    caller: Caller,
    id: Uint8Array,
    look: (row: RequestRow) => boolean,
    { until, timeoutMs }: { readonly until: AbortSignal; readonly timeoutMs: number },
  ): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const end = performance.now() + timeoutMs;
      let last = '';
      const finish = (satisfied: boolean): void => {
        this.#watchers.delete(turn);
        resolve(satisfied);
      };
      const turn = (): void => {
        try {
          requireGood(this.#world, caller);
          const now = this.#world.store.news(id) ?? '';
          const row = now === last ? undefined : this.#world.store.request(id);
          last = now;
          if (row !== undefined && look(row)) finish(true);
          else if (until.aborted || performance.now() >= end) finish(false);
        } catch (thrown) {
          this.#watchers.delete(turn);
          reject(thrown instanceof Error ? thrown : new Error('a watcher failed', { cause: thrown }));
        }
      };
      this.#watchers.add(turn);
      this.#start();
      turn();
    });
  }

  #start(): void {
    this.#timer ??= setInterval(() => this.#turn(), lookMs);
  }

  #turn(): void {
    if (this.#watchers.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    try {
      closeDue(this.#world);
    } catch {
      // Whoever asks next is told why; a watcher that only looks can still look.
    }
    for (const turn of [...this.#watchers]) turn();
  }
}
