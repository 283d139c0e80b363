import { sqlState } from './engine-error.ts';

/** What the engine says to whatever comes behind an error in the same transaction. */
const afterAnError = '25P02';

/**
 * Waits for what was sent at once, as Promise.all does. INVARIANT: of several errors the one that says what is wrong is thrown: those of
 * texts behind it only say that the transaction is over, and may be told before it.
 * @throws what any of them rejects with
 */
export async function together<T extends readonly unknown[]>(
  asked: readonly [...T],
): Promise<{
  -readonly [K in keyof T]: Awaited<T[K]>;
}> {
  try {
    return await Promise.all(asked);
  } catch (first) {
    throw sqlState(first) === afterAnError ? await causeOf(asked, first) : first;
  }
}

/** Returns the first error that is another one, and `first` when all have ended without. */
function causeOf(asked: readonly unknown[], first: unknown): Promise<unknown> {
  return new Promise((found) => {
    const ended = asked.map((one) =>
      Promise.resolve(one).catch((cause: unknown) => {
        if (sqlState(cause) !== afterAnError) found(cause);
      }),
    );
    void Promise.all(ended).then(() => {
      found(first);
    });
  });
}
