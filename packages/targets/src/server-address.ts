import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { TargetError } from './target-error.ts';

/** Where a server is and as whom it is reached; holds no secret. */
export interface ServerAddress {
  readonly scheme: 'postgres' | 'mysql' | 'mariadb';
  /** A name, an address, or the path of a Unix socket (its folder for PostgreSQL), which begins with `/`. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

/** How the server proves who it is; `verify-full` asks for a certificate of exactly this host. */
export interface TlsSetting {
  /** `verify-full` for every host but this machine when left out. */
  readonly mode?: 'verify-full' | 'off' | undefined;
  /** Text of a PEM file with the authorities that are believed; Node's own when left out. */
  readonly ca?: string | undefined;
}

/** An account on a server. The password is asked for at every session and kept no longer than that. */
export interface ServerAccount {
  readonly address: ServerAddress;
  readonly password?: (() => string) | undefined;
  readonly tls: TlsSetting;
}

/** The account for reads that `prepare` makes and grants to. */
export interface Reader {
  readonly name: string;
  /** Absent when the server lets it in by other means. */
  readonly password: (() => string) | undefined;
}

export function readerOf(read: ServerAccount | undefined): Reader | undefined {
  return read === undefined ? undefined : { name: read.address.user, password: read.password };
}

const urlShape =
  /^(postgres|postgresql|mysql|mariadb):\/\/(?:([^@/?#:]*)(:[^@/?#]*)?@)?(\[[0-9a-fA-F:.]+\]|[^@/?#:[\]]*)(?::([0-9]{1,5}))?\/([^/?#]+)(?:\?([^#]*))?$/;
const parametersKnown = ['host', 'socket'];

/**
 * Returns what `postgres://USER@HOST:PORT/DATABASE` names; `mysql` and `mariadb` likewise. `?host=/PATH` or `?socket=/PATH`
 * names a Unix socket. The text is never quoted in an error: it might hold a password.
 * @throws TargetError `target/bad-url`
 */
export function parseServerUrl(url: string): ServerAddress {
  const match = urlShape.exec(url);
  if (match === null || url.includes('\0')) {
    throw badUrl('is none of a server, expected SCHEME://USER@HOST:PORT/DATABASE');
  }
  const [, word, user, password, host, port, database, query] = match;
  if (password !== undefined) throw badUrl('holds a password, expected it in a secret of its own');
  if (user === undefined || user === '') throw badUrl('names no user, expected USER@ before the host');
  const scheme = word === 'mysql' || word === 'mariadb' ? word : 'postgres';
  const socket = socketOf(query);
  return {
    scheme,
    host: socket ?? decode(host ?? '').replace(/^\[(.*)\]$/, '$1'),
    port: portOf(port, scheme),
    user: decode(user),
    database: decode(database ?? ''),
  };
}

function portOf(text: string | undefined, scheme: ServerAddress['scheme']): number {
  const port = text === undefined ? (scheme === 'postgres' ? 5432 : 3306) : Number(text);
  if (port < 1 || port > 65_535) throw badUrl('has a port out of range, expected 1 to 65535');
  return port;
}

function socketOf(query: string | undefined): string | undefined {
  if (query === undefined) return undefined;
  const parameters = [...new URLSearchParams(query)];
  const [first, second] = parameters;
  if (first === undefined || second !== undefined || !parametersKnown.includes(first[0])) {
    throw badUrl(`has other parameters than one of ${parametersKnown.join(', ')}`);
  }
  if (!first[1].startsWith('/')) throw badUrl(`has a ${first[0]} that is no absolute path`);
  return first[1];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new TargetError('target/bad-url', 'target URL has a % that encodes nothing', { cause });
  }
}

function badUrl(fact: string): TargetError {
  return new TargetError('target/bad-url', `target URL ${fact}`);
}

/** Whether the address is on this machine, where nobody listens between. */
export function isLocal({ host }: ServerAddress): boolean {
  return host === '' || host.startsWith('/') || host === 'localhost' || host === '::1' || isLoopback(host);
}

function isLoopback(host: string): boolean {
  return isIP(host) === 4 && host.startsWith('127.');
}

/** What the drivers pass to Node's TLS; false for a connection in the clear. */
export function tlsOptions({ address, tls }: ServerAccount): ConnectionOptions | false {
  const mode = tls.mode ?? (isLocal(address) && tls.ca === undefined ? 'off' : 'verify-full');
  if (mode === 'off' || address.host.startsWith('/')) return false;
  return {
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    checkServerIdentity: (_, certificate) => checkServerIdentity(address.host, certificate),
  };
}
