export { LedgerError, ledgerErrorCodes, type LedgerErrorCode } from './ledger-error.ts';
export {
  bodyBytesMax,
  decodeNote,
  encodeNote,
  type CloseKind,
  type Closed,
  type ExportNote,
  type Genesis,
  type Intent,
  type NoteBodies,
  type NoteType,
  type OperatorNote,
  type PolicyFiles,
  type ReadNote,
  type VerdictNote,
  type WitnessNote,
} from './body.ts';
export type { LedgerAppend, LedgerStore } from './store.ts';
export { MemoryLedger } from './memory-ledger.ts';
export {
  appendEntry,
  appendUnsigned,
  signHead,
  belongsToRequest,
  type AppendedEntry,
  type LedgerSigner,
  type NewEntry,
} from './append.ts';
export { proveConsistency, proveInclusion, rootAt } from './proof.ts';
export {
  encodeLedgerBundle,
  exportBundle,
  parseBundle,
  type BundleHeader,
  type BundleItem,
  type LedgerBundle,
} from './bundle-file.ts';
export { verifyBundle, type LedgerTrust, type Notice, type VerifiedLedger } from './verify/verify-bundle.ts';
export type { Content, VerifiedEntry } from './verify/content.ts';
export type { Life, LifeState } from './verify/life.ts';
export { extractRequest } from './extract.ts';
export {
  decodeEvidence,
  encodeEvidence,
  evidenceBytesMax,
  looksLikeEvidence,
  type Evidence,
  type ProvenHead,
  type ProvenItem,
} from './evidence-file.ts';
export { verifyEvidence, type VerifiedEvidence } from './verify/verify-evidence.ts';
export type { ReplayTrust } from './verify/replay-state.ts';
export type { LoggedToken, TokenClaims } from './verify/logged-token.ts';
export { claimedAnchor } from './claimed-anchor.ts';
export { queryLedger, signerOf, targetOf, type LedgerQuery, type Queried } from './query.ts';
