import type { Diff } from '@countersign/diff';
import type { RunJob } from '@countersign/targets';
import { expect } from 'vitest';
import type { MariadbShop } from './mariadb-shop.ts';
import { statement } from './temporary-database.ts';

let jobs = 0;

/** Tries one definition on a copy; the job is the run of what was shown. */
export async function tryDefinition(
  { target }: MariadbShop,
  sql: string,
): Promise<{ readonly diff: Diff; readonly job: RunJob }> {
  const { diff, digest, onCopy, statements } = await target.dryRun([statement(sql)]);
  expect({ onCopy, statements, complete: diff.complete }).toEqual({
    onCopy: true,
    statements: [],
    complete: false,
  });
  const { identity } = await target.inspect();
  if (identity === null) throw new Error('expected a prepared target');
  jobs += 1;
  const job = {
    requestId: new Uint8Array(16).fill(jobs),
    requestDigest: new Uint8Array(32).fill(jobs),
    statements: [statement(sql)],
    expectedDigest: digest,
    expectedIdentity: identity,
    startedAt: 1_700_000_000,
  };
  return { diff, job };
}

export const changesOf = ({ schema }: Diff): string[] =>
  schema.map(({ object, name, before, after }) => {
    const sign = before === null ? '+' : after === null ? '-' : '~';
    return `${sign} ${object} ${name}`;
  });

export const countsOf = ({ tables }: Diff): string[] =>
  tables.map(({ table, inserted, updated, deleted }) => `${table} +${inserted} ~${updated} -${deleted}`);
