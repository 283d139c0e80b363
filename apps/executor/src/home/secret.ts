import { readFileCarefully } from '@countersign/program';
import { resolve } from 'node:path';
import { ExecutorError } from '../executor-error.ts';
import type { HomePaths } from './home-directory.ts';

/** Where a secret stands: `env:NAME` or `file:PATH`, the path relative to the home. Never the secret itself. */
export const secretShape: RegExp = /^(?:env:[A-Za-z_][A-Za-z0-9_]{0,127}|file:.{1,4096})$/;

const secretBytesMax = 4_096;

/**
 * Returns the secret that a configuration names; one line break at the end of a file is no part of it.
 * @throws `configuration/secret` when it is not there, `file/…`
 */
export function readSecret(
  source: string,
  subject: string,
  paths: HomePaths,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (source.startsWith('env:')) {
    const value = environment[source.slice('env:'.length)];
    if (value !== undefined && value !== '') return value;
    throw new ExecutorError('configuration/secret', `${source} is named as ${subject} but is not set`, {
      hint: `set the environment variable ${source.slice('env:'.length)} for this program, or name a file: file:PATH`,
    });
  }
  const path = resolve(paths.directory, source.slice('file:'.length));
  const bytes = readFileCarefully(path, { bytesMax: secretBytesMax });
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/\r?\n$/, '');
  if (text !== '') return text;
  throw new ExecutorError('configuration/secret', `${path} is named as ${subject} but is empty`);
}
