import { ExecutorError } from '../executor-error.ts';
import type { World } from '../world.ts';

export interface LedgerHead {
  readonly origin: string;
  /** Entries. */
  readonly size: number;
  /** The signed note over the tree of these entries. */
  readonly checkpoint: string;
}

/** Returns the head of the ledger, size and note of one moment. @throws `home/store-damaged` when it has none */
export function ledgerHeadOf({ store, ledger, origin }: World): LedgerHead {
  return store.consistently(() => {
    const { size, checkpoint } = ledger;
    if (checkpoint === undefined)
      throw new ExecutorError('home/store-damaged', 'the ledger has no checkpoint');
    return { origin, size, checkpoint };
  });
}
