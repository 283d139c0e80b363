import { readFileCarefully } from '@countersign/program';
import { resolve } from 'node:path';
import type { HomePaths } from './home-directory.ts';

const bytesMax = 1 << 20;

/** Returns the authorities in PEM that `source`, a `file:PATH` from the home, holds. @throws `file/…` */
export function readAuthorities({ directory }: HomePaths, source: string): string {
  const path = resolve(directory, source.slice('file:'.length));
  return Buffer.from(readFileCarefully(path, { bytesMax })).toString('utf8');
}
