import { join } from 'node:path';
import { checkTidy } from './tidy/check.ts';
import { report } from './tree.ts';

report('tidy', checkTidy(process.argv[2] ?? join(import.meta.dirname, '..')));
