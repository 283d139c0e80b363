import { join } from 'node:path';
import { checkDocs } from './docs/check.ts';
import { report } from './tree.ts';

report('docs', checkDocs(process.argv[2] ?? join(import.meta.dirname, '..')));
