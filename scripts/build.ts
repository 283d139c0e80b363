import { join } from 'node:path';
import { bundlePrograms } from './build/bundle.ts';

const root = join(import.meta.dirname, '..');
for (const { name, sha256 } of await bundlePrograms(root, join(root, 'dist')))
  process.stdout.write(`${sha256}  dist/${name}\n`);
