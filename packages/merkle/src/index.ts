export { emptyRoot, leafHash, nodeHash, type Hash } from './hash.ts';
export { append, consistencyProof, inclusionProof, root, type HashReader, type TreeNode } from './tree.ts';
export {
  checkConsistency,
  checkInclusion,
  type ConsistencyClaim,
  type InclusionClaim,
} from './proof-check.ts';
export { MemoryTree } from './memory-tree.ts';
export { MerkleError, type MerkleErrorCode } from './merkle-error.ts';
export {
  noteBytesMax,
  noteKeyHash,
  noteSignaturesMax,
  parseCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
  type Checkpoint,
  type CheckpointNote,
  type NoteSignature,
} from './checkpoint.ts';
