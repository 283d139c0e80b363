/** A built file and the SHA-256 of its bytes in hex. */
export interface Built {
  readonly name: string;
  readonly sha256: string;
  /** The files of the tree that went into it, relative to the root. */
  readonly inputs: readonly string[];
}
