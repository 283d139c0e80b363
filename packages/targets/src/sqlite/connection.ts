import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { Setting } from '@countersign/diff';
import { TargetError } from '../target-error.ts';
import { engineError } from './engine-error.ts';

export type Values = readonly SQLOutputValue[];

/** Pages that a connection holds in memory; taken as they are needed. */
const cacheKibibytes = 65_536;
/** Pages of temporary tables that it holds before it writes them to a file without a name. */
const temporaryKibibytes = 16_384;

/** A connection that reads rows as arrays and integers as big integers. */
export class Connection {
  readonly database: DatabaseSync;
  /** Begins the names of our temporary objects; no statement can guess it. */
  readonly prefix: string = `_cs_${randomBytes(12).toString('hex')}_`;

  /**
   * Opens an existing file with the settings pinned that change what a statement does.
   * @throws TargetError `target/unreachable`, `target/busy`
   */
  constructor(path: string, options: Opening) {
    // A missing file would be made, empty: the request would run against nothing.
    if (!existsSync(path)) throw new TargetError('target/unreachable', 'database file is not there');
    try {
      this.database = openRecovered(path, options);
    } catch (cause) {
      throw engineError(cause, undefined, 'target/unreachable');
    }
  }

  all(sql: string, ...params: SQLInputValue[]): Values[] {
    return this.database.prepare(sql).all(...params) as unknown as Values[];
  }

  /** The rows of a query one after the other. */
  rows(sql: string, ...params: SQLInputValue[]): Iterable<Values> {
    return this.database.prepare(sql).iterate(...params) as unknown as Iterable<Values>;
  }

  first(sql: string, ...params: SQLInputValue[]): SQLOutputValue | undefined {
    return this.all(sql, ...params)[0]?.[0];
  }

  run(sql: string, ...params: SQLInputValue[]): void {
    this.database.prepare(sql).run(...params);
  }

  close(): void {
    if (this.database.isOpen) this.database.close();
  }
}

interface Opening {
  readonly readOnly: boolean;
  readonly busyMs: number;
}

/**
 * Extended result codes of a file whose last writer was killed: SQLITE_READONLY_RECOVERY and SQLITE_READONLY_ROLLBACK. Whoever may
 * only read cannot roll back what it left, and would be refused until somebody writes.
 */
const unrecovered: ReadonlySet<unknown> = new Set([264, 776]);

/** Opens a file; where its last writer was killed a connection that may write first lets the engine roll back what it left. */
function openRecovered(path: string, options: Opening): DatabaseSync {
  try {
    return open(path, options);
  } catch (cause) {
    if (
      !options.readOnly ||
      !(cause instanceof Error && 'errcode' in cause && unrecovered.has(cause.errcode))
    )
      throw cause;
    open(path, { ...options, readOnly: false }).close();
    return open(path, options);
  }
}

function open(path: string, { readOnly, busyMs }: Opening): DatabaseSync {
  const database = new DatabaseSync(path, {
    readOnly,
    timeout: busyMs,
    readBigInts: true,
    returnArrays: true,
    enableForeignKeyConstraints: true,
    enableDoubleQuotedStringLiterals: false,
    allowExtension: false,
    defensive: true,
    limits: { attach: 0 },
  });
  try {
    database.exec('PRAGMA recursive_triggers = 1; PRAGMA synchronous = FULL');
    // Old rows may be many, and whoever writes the database leaves them in its journal anyway; a read leaves nothing anywhere.
    if (readOnly) database.exec('PRAGMA temp_store = MEMORY');
    else database.exec(`PRAGMA temp_store = FILE; PRAGMA temp.cache_size = -${temporaryKibibytes}`);
    // Changed pages that do not fit are written before the end: without a write-ahead log that shuts out every reader.
    database.exec(`PRAGMA cache_size = -${cacheKibibytes}`);
    // The first read is what meets a journal.
    database.exec('SELECT count(*) FROM sqlite_schema');
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
}

/** The settings of a session that change what statements do, ascending by name. */
export function pinnedSettings(connection: Connection): Setting[] {
  const read = (name: string): string => String(connection.first(`PRAGMA ${name}`));
  return [
    ['double_quoted_strings', 'off'],
    ['encoding', read('encoding')],
    ['foreign_keys', onOff(read('foreign_keys'))],
    ['ignore_check_constraints', onOff(read('ignore_check_constraints'))],
    ['recursive_triggers', onOff(read('recursive_triggers'))],
    ['trusted_schema', onOff(read('trusted_schema'))],
  ];
}

function onOff(value: string): string {
  return value === '1' ? 'on' : 'off';
}

/** The engine's version, as it reports it. */
export function engineVersion(connection: Connection): string {
  return String(connection.first('SELECT sqlite_version()'));
}
