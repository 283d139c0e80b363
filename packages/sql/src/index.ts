export { classify, classifyTexts } from './classify.ts';
export type { Assumes, Dialect, Effect, Facts, Hazard, StatementFacts, WhereForm } from './facts.ts';
export { DIALECTS, EFFECTS, WHERE_FORMS } from './facts.ts';
export type { HazardCode } from './hazards.ts';
export { HAZARD_CODES } from './hazards.ts';
export type { Catalog, CatalogCascade, CatalogTable, CatalogTrigger } from './catalog.ts';
export type { SqlErrorCode } from './error.ts';
export { SqlError } from './error.ts';
export { LIMITS as SQL_LIMITS } from './limits.ts';
