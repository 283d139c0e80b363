/** Every way a tree, a proof or a checkpoint note can be refused. */
export type MerkleErrorCode =
  | 'merkle/bad-size'
  | 'merkle/bad-index'
  | 'merkle/bad-hash'
  | 'merkle/absent-node'
  | 'merkle/proof-too-short'
  | 'merkle/proof-too-long'
  | 'merkle/root-mismatch'
  | 'merkle/old-root-mismatch'
  | 'checkpoint/too-long'
  | 'checkpoint/bad-shape'
  | 'checkpoint/bad-origin'
  | 'checkpoint/bad-size'
  | 'checkpoint/bad-root'
  | 'checkpoint/bad-signature-line'
  | 'checkpoint/too-many-signatures'
  | 'checkpoint/other-origin'
  | 'checkpoint/unsigned'
  | 'checkpoint/signed-twice'
  | 'checkpoint/bad-signature';

/** A refusal of this package; `code` says which rule, the message the fact and what was expected. */
export class MerkleError extends Error {
  readonly code: MerkleErrorCode;

  constructor(code: MerkleErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'MerkleError';
    this.code = code;
  }
}
