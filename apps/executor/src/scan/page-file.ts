import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { ScanPage } from './server.ts';

const pageBytesMax = 16_777_216;

/**
 * Returns the page: from source it is bundled anew by the build's own script. The build puts the page itself into the
 * program in place of this file.
 */
export function scanPage(): ScanPage {
  const script = join(import.meta.dirname, '../../../../scripts/build-scan-page.ts');
  const text = execFileSync(process.execPath, [script], { encoding: 'utf8', maxBuffer: pageBytesMax });
  return JSON.parse(text) as ScanPage;
}
