/** Counts what each identity has under way. */
export class Shares {
  readonly #counts = new Map<string, number>();
  #all = 0;

  /** Of all identities. */
  get all(): number {
    return this.#all;
  }

  of(identity: string): number {
    return this.#counts.get(identity) ?? 0;
  }

  /** Counts one more and returns what ends it; ending it again does nothing. */
  add(identity: string): () => void {
    this.#change(identity, 1);
    let ended = false;
    return () => {
      if (!ended) this.#change(identity, -1);
      ended = true;
    };
  }

  #change(identity: string, by: number): void {
    const count = this.of(identity) + by;
    this.#all += by;
    if (count === 0) this.#counts.delete(identity);
    else this.#counts.set(identity, count);
  }
}
