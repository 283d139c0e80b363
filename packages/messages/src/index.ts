export type * from './statement.ts';
export type * from './submission.ts';
export type * from './request.ts';
export type * from './decision.ts';
export type * from './receipt.ts';
export type * from './roster.ts';
export type * from './containers.ts';
export { entryTypes } from './entry.ts';
export type { EntryType, LedgerEntry } from './entry.ts';
