import type { Target } from './target.ts';
import { TargetError } from './target-error.ts';
import { LaterTarget } from './later-target.ts';
import { parseServerUrl } from './server-address.ts';
import type { ServerAccount, TlsSetting } from './server-address.ts';
import type { SessionProgram } from './sqlite/session-process.ts';

/** An account of a server: a URL without password, and where the password comes from, asked at each connection. */
export interface Access {
  readonly url: string;
  readonly password?: (() => string) | undefined;
}

export interface TargetOptions extends Access {
  readonly name: string;
  /** `sqlite:PATH`, or `SCHEME://USER@HOST:PORT/DATABASE` with postgres, mysql or mariadb. */
  readonly url: string;
  /** SQLite: the program that sessions run in; a bundled program names itself here. */
  readonly program?: SessionProgram;
  /** Servers: the account that can only read. Without one nothing is read unasked. */
  readonly read?: Access;
  /** Servers: where dry runs happen, when not at `url`. */
  readonly dryRun?: Access;
  readonly tls?: TlsSetting;
  /** MariaDB: the server program that tries definitions on a copy of the schema. Without one they are refused. */
  readonly shadow?: string;
  /** The program goes on: sessions for reads, and what was found of the schema, may be kept for the next call. */
  readonly stays?: boolean;
}

/**
 * Returns the target that a URL names, without touching it yet.
 * @throws TargetError `target/bad-url`
 */
export function openTarget(options: TargetOptions): Target {
  const { name, url, program } = options;
  if (url.startsWith('sqlite:')) {
    const path = /^sqlite:(?:\/\/(?=\/))?(.+)$/s.exec(url)?.[1];
    if (path === undefined || path === ':memory:' || path.includes('\0')) {
      throw new TargetError('target/bad-url', 'target URL names no file, expected sqlite:PATH');
    }
    return new LaterTarget(name, 'sqlite', async () => {
      const { SqliteTarget } = await import('./sqlite/sqlite-target.ts');
      return new SqliteTarget({ name, path, program });
    });
  }
  return openServer(options);
}

function openServer({ name, url, password, read, dryRun, tls = {}, shadow, stays }: TargetOptions): Target {
  const account = (access: Access): ServerAccount => ({
    address: parseServerUrl(access.url),
    password: access.password,
    tls,
  });
  const main = account({ url, password });
  const reader = read === undefined ? undefined : account(read);
  if (reader !== undefined && reader.address.scheme !== main.address.scheme) {
    throw new TargetError('target/bad-url', 'read account is on another kind of server than the target');
  }
  const { scheme } = main.address;
  const rehearser = dryRun === undefined ? undefined : account(dryRun);
  return new LaterTarget(name, scheme, async () => {
    if (scheme === 'postgres') {
      const { PostgresTarget } = await import('./postgres/postgres-target.ts');
      return new PostgresTarget({ name, main, read: reader, dryRun: rehearser, stays });
    }
    const { MariadbTarget } = await import('./mariadb/mariadb-target.ts');
    return new MariadbTarget({ name, engine: scheme, main, read: reader, dryRun: rehearser, shadow });
  });
}
