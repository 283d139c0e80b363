import type { Target } from './target.ts';
import { TargetError } from './target-error.ts';
import type { TlsSetting } from './server-address.ts';
import { SqliteTarget } from './sqlite/sqlite-target.ts';
import type { SessionProgram } from './sqlite/session-process.ts';

/** An account of a server: a URL without password, and where the password comes from, asked at each connection. */
export interface Access {
  readonly url: string;
  readonly password?: (() => string) | undefined;
}

export interface TargetOptions extends Access {
  readonly name: string;
  /** `sqlite:PATH`. */
  readonly url: string;
  /** SQLite: the program that sessions run in; a bundled program names itself here. */
  readonly program?: SessionProgram;
  /** Servers: the account that can only read. Without one nothing is read unasked. */
  readonly read?: Access;
  /** Servers: where dry runs happen, when not at `url`. */
  readonly dryRun?: Access;
  readonly tls?: TlsSetting;
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
