import { constants } from 'node:sqlite';
import type { DatabaseSync } from 'node:sqlite';
import type { TargetErrorCode } from '../target-error.ts';
import { readFunctions } from './read-functions.ts';
import { foldName } from './values.ts';

/** An action the engine is about to compile: its code, two names, the schema, and the trigger or view it stands in. */
interface Action {
  readonly code: number;
  readonly first: string | null;
  readonly second: string | null;
  readonly schema: string | null;
  readonly inside: string | null;
}

/** Rows of a table of the main schema that a statement inserts, or a column of it that it updates. */
export interface RowWrite {
  /** Folded name. */
  readonly table: string;
  /** Folded name of the column updated, `rowid` for the row id; undefined for an insert. */
  readonly column: string | undefined;
  /** Folded name of the innermost trigger that does it; undefined for the statement itself and foreign key actions. */
  readonly trigger: string | undefined;
}

type Judge = (action: Action) => TargetErrorCode | undefined;

const deniedFunctions = ['load_extension', 'fts3_tokenizer', 'fts5', 'readfile', 'writefile', 'edit'];
const rowActions: readonly number[] = [
  constants.SQLITE_INSERT,
  constants.SQLITE_UPDATE,
  constants.SQLITE_DELETE,
];
const schemaActions: readonly number[] = [
  constants.SQLITE_CREATE_TABLE,
  constants.SQLITE_CREATE_INDEX,
  constants.SQLITE_CREATE_VIEW,
  constants.SQLITE_CREATE_TRIGGER,
  constants.SQLITE_CREATE_VTABLE,
  constants.SQLITE_DROP_TABLE,
  constants.SQLITE_DROP_INDEX,
  constants.SQLITE_DROP_VIEW,
  constants.SQLITE_DROP_TRIGGER,
  constants.SQLITE_DROP_VTABLE,
  constants.SQLITE_ALTER_TABLE,
  constants.SQLITE_REINDEX,
  constants.SQLITE_ANALYZE,
];
const readActions: readonly number[] = [
  constants.SQLITE_SELECT,
  constants.SQLITE_READ,
  constants.SQLITE_FUNCTION,
  constants.SQLITE_RECURSIVE,
];
/** Actions that name no stored table, or do not change what one holds. */
const nameless: readonly number[] = [
  constants.SQLITE_FUNCTION,
  constants.SQLITE_PRAGMA,
  constants.SQLITE_ANALYZE,
  constants.SQLITE_REINDEX,
];
const temporaryActions: readonly number[] = [
  constants.SQLITE_CREATE_TEMP_INDEX,
  constants.SQLITE_CREATE_TEMP_TABLE,
  constants.SQLITE_CREATE_TEMP_TRIGGER,
  constants.SQLITE_CREATE_TEMP_VIEW,
  constants.SQLITE_DROP_TEMP_INDEX,
  constants.SQLITE_DROP_TEMP_TABLE,
  constants.SQLITE_DROP_TEMP_TRIGGER,
  constants.SQLITE_DROP_TEMP_VIEW,
];

/**
 * The engine's authorizer on one connection. It denies by default, is asked while a statement is
 * compiled, before anything of it takes effect (flag pragmas included), and remembers what was
 * written and why it said no.
 */
export class Guard {
  readonly #judge: Judge;
  #trusted = false;
  #refusal: TargetErrorCode | undefined;
  #written = new Set<string>();
  #writesSequence = false;
  #writesRows = false;
  #rowWrites = new Map<string, RowWrite>();

  /**
   * @param prefix of our own temporary objects; unguessable, so that no statement can name one.
   * @param changesSchema whether statements may change the schema; no temporary object stands then.
   */
  static forWriting(database: DatabaseSync, prefix: string, changesSchema: boolean): Guard {
    return new Guard(database, (action) => judgeWrite(action, prefix, changesSchema));
  }

  /** @param modules names of the engine's virtual table modules, whose built-in tables stay shut. */
  static forReading(database: DatabaseSync, modules: ReadonlySet<string>): Guard {
    return new Guard(database, (action) => judgeRead(action, modules));
  }

  private constructor(database: DatabaseSync, judge: Judge) {
    this.#judge = judge;
    database.setAuthorizer((code, first, second, schema, inside) => {
      if (this.#trusted) return constants.SQLITE_OK;
      return this.#ask({ code, first, second, schema, inside });
    });
  }

  /** Tables that statements compiled so far may write, directly, by trigger or by cascade. */
  get written(): ReadonlySet<string> {
    return this.#written;
  }

  /** Whether a statement itself writes the AUTOINCREMENT counters. */
  get writesSequence(): boolean {
    return this.#writesSequence;
  }

  /** Whether the statement compiled last writes rows of a table. */
  takeWritesRows(): boolean {
    const writes = this.#writesRows;
    this.#writesRows = false;
    return writes;
  }

  /** What was compiled to insert and update since this was asked last; the engine's word, not a reading of the text. */
  takeRowWrites(): readonly RowWrite[] {
    const writes = [...this.#rowWrites.values()];
    this.#rowWrites.clear();
    return writes;
  }

  /** Why the last statement was denied; undefined when it was not. */
  takeRefusal(): TargetErrorCode | undefined {
    const refusal = this.#refusal;
    this.#refusal = undefined;
    return refusal;
  }

  /** Runs our own statements with the guard down. */
  trusted<T>(work: () => T): T {
    this.#trusted = true;
    try {
      return work();
    } finally {
      this.#trusted = false;
    }
  }

  #ask(action: Action): number {
    const refusal = this.#judge(action);
    if (refusal !== undefined) {
      this.#refusal ??= refusal;
      return constants.SQLITE_DENY;
    }
    const { code, first, second } = action;
    if (rowActions.includes(code) && first !== null) {
      this.#written.add(first.toLowerCase());
      this.#writesRows = true;
      if (first.toLowerCase() === 'sqlite_sequence') this.#writesSequence = true;
      this.#noteRowWrite(action, foldName(first));
    }
    // What it writes is compiled behind the authorizer's back.
    if (code === constants.SQLITE_ANALYZE) this.#written.add('sqlite_stat1');
    if (code === constants.SQLITE_ALTER_TABLE && second !== null) this.#written.add(second.toLowerCase());
    return constants.SQLITE_OK;
  }

  #noteRowWrite({ code, second, schema, inside }: Action, table: string): void {
    // Anything but the scratch tables, so that a write under an unexpected schema name counts too.
    if (code === constants.SQLITE_DELETE || schema === 'temp') return;
    const column = code === constants.SQLITE_UPDATE ? foldName(second ?? 'rowid') : undefined;
    const write = { table, column, trigger: inside === null ? undefined : foldName(inside) };
    this.#rowWrites.set(JSON.stringify(write), write);
  }
}

function judgeWrite(action: Action, prefix: string, changesSchema: boolean): TargetErrorCode | undefined {
  const { code, first, schema, inside } = action;
  // Our own triggers write our own scratch tables while the statement's rows change.
  if (inside?.startsWith(prefix) === true) return undefined;
  if (temporaryActions.includes(code)) return 'statement/temporary';
  if (schema !== null && schema.toLowerCase() === 'temp') {
    return changesSchema && isSchemaUpkeep(action) ? undefined : 'statement/temporary';
  }
  const other = judgeName(action);
  if (other !== undefined) return other;
  if (code === constants.SQLITE_PRAGMA) return first === 'data_version' ? undefined : 'statement/pragma';
  if (code === constants.SQLITE_FUNCTION) return judgeFunction(action, undefined);
  if (schemaActions.includes(code)) return changesSchema ? undefined : 'statement/denied';
  return readActions.includes(code) || rowActions.includes(code) ? undefined : deniedCode(code);
}

/** ALTER TABLE rewrites the texts of the temporary schema too; with nothing in it, it finds nothing. */
function isSchemaUpkeep({ code, first }: Action): boolean {
  const reads = code === constants.SQLITE_READ || code === constants.SQLITE_UPDATE;
  return reads && first === 'sqlite_temp_master';
}

function judgeRead(action: Action, modules: ReadonlySet<string>): TargetErrorCode | undefined {
  const { code, first } = action;
  const other = judgeName(action);
  if (other !== undefined) return other;
  switch (code) {
    case constants.SQLITE_SELECT:
    case constants.SQLITE_RECURSIVE:
      return undefined;
    case constants.SQLITE_READ:
      return modules.has((first ?? '').toLowerCase()) || /^pragma_/i.test(first ?? '')
        ? 'statement/denied'
        : undefined;
    case constants.SQLITE_FUNCTION:
      return judgeFunction(action, readFunctions);
    case constants.SQLITE_PRAGMA:
      // Full-text tables ask for this themselves; it says whether another session wrote.
      return first === 'data_version' ? undefined : 'statement/pragma';
    default:
      return rowActions.includes(code) || schemaActions.includes(code)
        ? 'statement/not-a-read'
        : deniedCode(code);
  }
}

function judgeName({ code, first, second }: Action): TargetErrorCode | undefined {
  if (nameless.includes(code)) return undefined;
  const own = [first, second].some((name) => name?.toLowerCase().startsWith('_countersign') === true);
  return own ? 'statement/own-tables' : undefined;
}

function judgeFunction(
  { second }: Action,
  allowed: ReadonlySet<string> | undefined,
): TargetErrorCode | undefined {
  const name = (second ?? '').toLowerCase();
  if (allowed !== undefined) return allowed.has(name) ? undefined : 'statement/denied';
  return deniedFunctions.includes(name) ? 'statement/denied' : undefined;
}

function deniedCode(code: number): TargetErrorCode {
  switch (code) {
    case constants.SQLITE_ATTACH:
    case constants.SQLITE_DETACH:
      return 'statement/attach';
    case constants.SQLITE_TRANSACTION:
    case constants.SQLITE_SAVEPOINT:
      return 'statement/transaction-control';
    default:
      return temporaryActions.includes(code) ? 'statement/temporary' : 'statement/denied';
  }
}
