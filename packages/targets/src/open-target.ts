import type { Target } from './target.ts';
import { TargetError } from './target-error.ts';
import { SqliteTarget } from './sqlite/sqlite-target.ts';
import type { SessionProgram } from './sqlite/session-process.ts';

export interface TargetOptions {
  readonly name: string;
  /** `sqlite:PATH`. */
  readonly url: string;
  /** The program that sessions run in; a bundled program names itself here. */
  readonly program?: SessionProgram;
}

/**
 * Returns the target that a URL names, without touching it yet.
 * @throws TargetError `target/bad-url`
 */
export function openTarget(options: TargetOptions): Target {
  const path = /^sqlite:(?:\/\/(?=\/))?(.+)$/s.exec(options.url)?.[1];
  if (path === undefined || path === ':memory:' || path.includes('\0')) {
    throw new TargetError('target/bad-url', 'target has a URL of no engine known here, expected sqlite:PATH');
  }
  return new SqliteTarget({ name: options.name, path, program: options.program });
}
