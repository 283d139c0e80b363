import { TargetError } from '@countersign/targets';
import { expect, test } from 'vitest';
import { requireWriteTexts as admitMariadb } from '../src/mariadb/write-text.ts';
import { requireWriteTexts as admitPostgres } from '../src/postgres/write-text.ts';
import { statement, temporaryDatabase } from './temporary-database.ts';

function refusalOf(act: () => unknown): TargetError {
  try {
    act();
  } catch (cause) {
    if (cause instanceof TargetError) return cause;
    throw cause;
  }
  throw new Error('expected a refusal');
}

/** Commands of a client program, and what a hint says of them. */
const commands: readonly (readonly [text: string, hint: RegExp])[] = [
  ['\\d customers', /backslash.* the SQL behind them/],
  ['  -- look\n\\copy t FROM STDIN', /backslash.*INSERT for \\copy/],
  ['DELIMITER //', /leave them out, and submit a body with semicolons as a statement by itself/],
  ['source dump.sql', /leave them out/],
  ['.tables', /sqlite_schema/],
  ['FROBNICATE t', /^give SQL alone/],
];

test.each(commands)('%j is refused with what to do', (text, hint) => {
  for (const admit of [admitPostgres, admitMariadb]) {
    const refusal = refusalOf(() => admit([statement(text)]));
    expect(refusal.code).toBe('statement/unknown-verb');
    expect(refusal.hint).toMatch(hint);
  }
});

test('on SQLite too, out of the process of its session, and for a text that makes no sense', async () => {
  const temporary = temporaryDatabase('CREATE TABLE t (a)');
  const hintOf = (text: string): Promise<unknown> =>
    temporary.target
      .dryRun([statement(text)])
      .catch((cause: unknown) => (cause instanceof TargetError ? [cause.code, cause.hint] : cause));
  expect(await hintOf('.tables')).toEqual([
    'statement/unknown-verb',
    expect.stringContaining('sqlite_schema'),
  ]);
  expect(await hintOf('DELETE FROM nowhere')).toEqual([
    'statement/invalid',
    expect.stringContaining('`countersign target check NAME` shows the tables'),
  ]);
  await temporary.end();
});
