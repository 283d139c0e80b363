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

/** A connection that reads rows as arrays and integers as big integers. */
export class Connection {
  readonly database: DatabaseSync;
  /** Begins the names of our temporary objects; no statement can guess it. */
  readonly prefix: string = `_cs_${randomBytes(12).toString('hex')}_`;

  /**
   * Opens an existing file with the settings pinned that change what a statement does.
   * @throws TargetError `target/unreachable`, `target/busy`
   */
  constructor(path: string, options: { readonly readOnly: boolean; readonly busyMs: number }) {
    // A missing file would be made, empty: the request would run against nothing.
    if (!existsSync(path)) throw new TargetError('target/unreachable', 'database file is not there');
    try {
      this.database = new DatabaseSync(path, {
        readOnly: options.readOnly,
        timeout: options.busyMs,
        readBigInts: true,
        returnArrays: true,
        enableForeignKeyConstraints: true,
        enableDoubleQuotedStringLiterals: false,
        allowExtension: false,
        defensive: true,
        limits: { attach: 0 },
      });
      this.run('PRAGMA recursive_triggers = 1');
      this.run('PRAGMA synchronous = FULL');
      this.run('PRAGMA temp_store = MEMORY');
      // Changed pages that do not fit are written before the end: without a write-ahead log that shuts out every reader.
      this.run(`PRAGMA cache_size = -${cacheKibibytes}`);
      this.all('SELECT count(*) FROM sqlite_schema');
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
