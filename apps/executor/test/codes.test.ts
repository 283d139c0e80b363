import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { executorErrorCodes } from '../src/executor-error.ts';
import { serveStatuses } from '../src/serve/refusal.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

/** Codes that no test reaches yet; each is to leave this list, none may join it. */
const unreached: readonly string[] = ['target/changed', 'submission/too-large', 'request/superseded'];

test('every code of the executor is named by a test or a transcript', () => {
  const files = ['apps/executor/test/*.test.ts', 'test/{faults,e2e}/*.ts', 'test/golden/*.txt'];
  const texts = globSync(files, { cwd: repository, exclude: ['apps/executor/test/codes.test.ts'] }).map(
    (path) => readFileSync(join(repository, path), 'utf8'),
  );
  const named = (code: string): boolean =>
    texts.some((text) => [`'${code}'`, `[${code}]`, `"${code}"`].some((form) => text.includes(form)));
  const codes = [...executorErrorCodes, ...Object.keys(serveStatuses)];
  expect(codes.filter((code) => !named(code))).toEqual(unreached);
});
