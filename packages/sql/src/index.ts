export { classify, classifyTexts, prepareClassifier } from './classify.ts';
export type { Assumes, Dialect, Effect, Facts, Hazard, StatementFacts, WhereForm } from './facts.ts';
export { DIALECTS, EFFECTS, WHERE_FORMS } from './facts.ts';
export type { HazardCode } from './hazards.ts';
export { HAZARD_CODES } from './hazards.ts';
export type {
  Catalog,
  CatalogCascade,
  CatalogFunction,
  CatalogTable,
  CatalogTrigger,
  FunctionOverload,
} from './catalog.ts';
export type { TrustedFunction } from './trust.ts';
export { trustFunctions } from './trust.ts';
export type { SqlErrorCode } from './error.ts';
export { SqlError } from './error.ts';
export { LIMITS as SQL_LIMITS } from './limits.ts';
export { assemble as assembleFacts } from './assemble.ts';
export type { TextFacts } from './assemble.ts';
export { decodeCatalog, encodeCatalog } from './catalog-encoding.ts';
export { decodeFacts, encodeFacts } from './encoding.ts';
export { classifyWithNeeds } from './needed-catalog.ts';
export type { FactsJson, HazardJson, StatementJson } from './json.ts';
export { allHazards, factsJson } from './json.ts';
export { driftingColumns, toleranceIn } from './named-tolerance.ts';
export type { NamedTolerance } from './named-tolerance.ts';
export type { NamedRelation } from './named-relations.ts';
export { changedTableName, columnName, namedRelations } from './named-relations.ts';
export type { SignedSession } from './session-names.ts';
export { sessionDifference } from './session-names.ts';
export { nameParts, ownerName, qualified, sqliteName } from './text.ts';
export { isSqliteEngineDefault } from './sqlite/engine-value.ts';
export type { SqliteParameters } from './sqlite/parameters.ts';
export { sqliteParameters } from './sqlite/parameters.ts';
export type { GivenValue, InsertForm } from './sqlite/inserts.ts';
export { sqliteInserts } from './sqlite/inserts.ts';
export { statementsAlone } from './postgres/alone.ts';
export { provideParser } from './postgres/parser.ts';
export { judgePostgresFunction } from './postgres/judged-function.ts';
export type { SoughtComparison, SoughtRows, SoughtValue } from './postgres/sought-rows.ts';
export { postgresSoughtRows } from './postgres/sought-rows.ts';
export type { MysqlDefinitionForm } from './mysql/definition-form.ts';
export type { PartitionChange } from './mysql/partition-form.ts';
export type { StoredProgram } from './mysql/program-form.ts';
export { definitionsAlone, mysqlDefinitionForm } from './mysql/definition-form.ts';
export type { MysqlGiven, MysqlInsertForm, MysqlRowsForm, MysqlWriteForm } from './mysql/write-form.ts';
export { mysqlWriteForm } from './mysql/write-form.ts';
export { unsettle } from './unsettled.ts';
