import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll } from 'vitest';
import { openTarget } from '@countersign/targets';
import type { RunJob, Statement, Target, TargetErrorCode } from '@countersign/targets';
import { TargetError } from '@countersign/targets';
import type { Cell } from '@countersign/diff';

/** A database file of its own in a folder of its own, and the target on it. */
export interface Temporary {
  readonly folder: string;
  readonly path: string;
  readonly target: Target;
  /** Runs SQL outside the target, by another engine build. */
  readonly sql: (text: string) => unknown[];
  readonly end: () => Promise<void>;
}

/** A folder and the target on its file, with the session processes that it keeps: starting those costs most of a test. */
type Place = Pick<Temporary, 'folder' | 'path' | 'target'>;

let free: Place | undefined;
afterAll(async () => {
  if (free !== undefined) await leave(free);
});

function makePlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-target-'));
  const path = join(folder, 'test.db');
  return { folder, path, target: openTarget({ name: 'test', url: `sqlite:${path}` }) };
}

async function leave({ folder, target }: Place): Promise<void> {
  await target.close();
  rmSync(folder, { recursive: true, force: true });
}

export function temporaryDatabase(setup: string): Temporary {
  const place = free ?? makePlace();
  free = undefined;
  const { folder, path, target } = place;
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  database.exec(setup);
  database.close();
  let ended = false;
  return {
    folder,
    path,
    target,
    sql: (text) => {
      const other = new Database(path);
      try {
        const statement = other.prepare(text);
        if (statement.reader) return statement.raw().all();
        statement.run();
        return [];
      } finally {
        other.close();
      }
    },
    end: async () => {
      if (ended) return;
      ended = true;
      if (free !== undefined) {
        await leave(place);
        return;
      }
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
      free = place;
    },
  };
}

export function statement(sql: string, ...params: Cell[]): Statement {
  return { sql, params };
}

/** Returns the code that the promise is refused with; fails when it is kept. */
export async function codeOf(promise: Promise<unknown>): Promise<TargetErrorCode> {
  try {
    await promise;
  } catch (cause) {
    if (cause instanceof TargetError) return cause.code;
    throw cause;
  }
  throw new Error('expected a refusal');
}

/** A job whose digest is that of a dry run made now. */
export async function jobFor(target: Target, statements: readonly Statement[], id: number): Promise<RunJob> {
  const { digest } = await target.dryRun(statements);
  const { identity } = await target.inspect();
  if (identity === null) throw new Error('expected a prepared target');
  return {
    requestId: new Uint8Array(16).fill(id),
    requestDigest: new Uint8Array(32).fill(id),
    statements,
    expectedDigest: digest,
    expectedIdentity: identity,
    startedAt: 1_700_000_000,
  };
}
