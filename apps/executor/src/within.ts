/** Returns what a promise comes to, or undefined when it takes longer or nobody waits for it any more. */
export function within<T>(promise: Promise<T>, waitMs: number, gone: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      gone.removeEventListener('abort', stop);
      resolve(undefined);
    };
    const timer = setTimeout(stop, gone.aborted ? 0 : waitMs);
    gone.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      gone.removeEventListener('abort', stop);
    });
  });
}
