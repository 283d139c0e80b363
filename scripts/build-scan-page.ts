// Prints the executor's page as JSON, for `countersign scan` from source.
import { join } from 'node:path';
import { buildScanPage } from './build/scan-page.ts';

const { html, policy } = await buildScanPage(join(import.meta.dirname, '..'));
process.stdout.write(JSON.stringify({ html, policy }));
