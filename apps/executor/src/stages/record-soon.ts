import { appendUnsigned, signHead } from '@countersign/ledger';
import { ExecutorError } from '../executor-error.ts';
import { storeFailure } from '../store/store.ts';
import type { World } from '../world.ts';
import { appending, requireOwnKey, type Append } from './record.ts';

/** Something to be recorded, perhaps twice, and what is called with how that ended; `work` returns what is to be told once it is durable. */
interface Waiting {
  readonly work: (append: Append, now: number) => () => void;
  readonly fail: (cause: unknown) => void;
}

const waiting = new WeakMap<World, Waiting[]>();

/**
 * Does what `record` does, together with whatever else wants to be recorded in the same turn of the process: one durable transaction and
 * one signed head for all of them. What one refuses with takes nothing from the others; all carry the same time. `work` only changes the
 * store: where one is refused, the transaction is taken back and every other one done again. Settles once the transaction is durable. docs/spec/ledger.md#checkpoint
 * @throws what `record` throws
 */
export function recordSoon<T>(world: World, work: (append: Append, now: number) => T): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const queue = waiting.get(world) ?? [];
    waiting.set(world, queue);
    queue.push({
      work: (append, now) => {
        const value = work(append, now);
        return () => {
          resolve(value);
        };
      },
      fail: reject,
    });
    if (queue.length === 1) setImmediate(() => recordAll(world, queue.splice(0)));
  });
}

function recordAll(world: World, all: readonly Waiting[]): void {
  let settled: readonly (() => void)[];
  try {
    settled = recordTogether(world, all);
  } catch (cause) {
    for (const { fail } of all) fail(cause);
    return;
  }
  for (const settle of settled) settle();
}

/** Savepoints cost more than what most of these do, and hardly one is refused: only then are they all done again, each in its own. */
function recordTogether(world: World, all: readonly Waiting[]): readonly (() => void)[] {
  try {
    return world.store.atomically(() => recordEach(world, all, (append, now, { work }) => work(append, now)));
  } catch (cause) {
    // What was refused alone, or by the surroundings, would be so again.
    if (all.length === 1 || isStoreFailure(cause)) throw cause;
    return world.store.atomically(() => recordEach(world, all, apart(world)));
  }
}

/** `atomically` has told it in its own words. */
function isStoreFailure(cause: unknown): boolean {
  return cause instanceof ExecutorError && storeFailure(cause.cause) !== undefined;
}

type Do = (append: Append, now: number, one: Waiting) => () => void;

/** Returns what does one in a savepoint, so that what it refuses with is told to it alone. */
function apart(world: World): Do {
  return (append, now, { work, fail }) => {
    try {
      return world.store.apart(() => work(append, now));
    } catch (cause) {
      // What the surroundings do to the store meets all of them, and so does a transaction that is gone.
      if (storeFailure(cause) !== undefined || !world.store.database.inTransaction) throw cause;
      return (): void => {
        fail(cause);
      };
    }
  };
}

function recordEach(world: World, all: readonly Waiting[], perform: Do): readonly (() => void)[] {
  requireOwnKey(world);
  const now = world.clock();
  const sizeBefore = world.ledger.size;
  const append = appending(world, now, (entry) => appendUnsigned(world.ledger, entry));
  const settled = all.map((one) => perform(append, now, one));
  if (world.ledger.size > sizeBefore) signHead(world.ledger, { origin: world.origin, signer: world.signer });
  return settled;
}
