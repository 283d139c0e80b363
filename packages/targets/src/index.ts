export { openTarget } from './open-target.ts';
export type { TlsSetting } from './server-address.ts';
export type { Access, TargetOptions } from './open-target.ts';
export { defaultDryRunLimits, defaultReadLimits } from './limits.ts';
export type { SessionProgram } from './sqlite/session-process.ts';
export { changedParts } from './schema-parts.ts';
export type { SchemaPart } from './schema-parts.ts';
export { serveSession } from './serve-session.ts';
export type {
  Catalog,
  CatalogCascade,
  CatalogTable,
  CatalogTrigger,
  DryRun,
  DryRunLimits,
  Engine,
  MarkerState,
  PreparationStep,
  ReadLimits,
  ReadResult,
  ResultSet,
  RunJob,
  RunOutcome,
  RunStep,
  Statement,
  StatementCount,
  Target,
  TargetFacts,
} from './target.ts';
export { runSteps } from './target.ts';
export { TargetError, retryableCodes } from './target-error.ts';
export type { TargetErrorCode } from './target-error.ts';
