import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { bundlePage } from '../../../scripts/build/page.ts';

/** The page as it is given to approvers, built from this checkout. */
export interface BuiltPage {
  readonly file: string;
  /** SHA-256 of the file in hex. */
  readonly sha256: string;
}

/** Returns the page, built once a run. Two files that start at once both build it: the bytes are the same. */
export async function builtPage(): Promise<BuiltPage> {
  const folder = inject('runFolder');
  const file = join(folder, 'approver.html');
  if (!existsSync(file)) {
    const own = mkdtempSync(join(folder, 'page-'));
    await bundlePage(join(import.meta.dirname, '..', '..', '..'), own);
    renameSync(join(own, 'approver.html'), file);
  }
  return { file, sha256: createHash('sha256').update(readFileSync(file)).digest('hex') };
}
