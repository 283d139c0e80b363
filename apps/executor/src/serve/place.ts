import { ProgramError, quote } from '@countersign/program';
import { BlockList, isIP } from 'node:net';

/** Where the server listens, and the names under which it may be called. */
export interface Place {
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  readonly scheme: 'http' | 'https';
  /** Further values of the Host header, such as `approvals.example` or `approvals.example:8443`. */
  readonly names: readonly string[];
}

/** What of the command line decides where the server listens. */
export interface PlaceOptions {
  readonly listen: string;
  readonly tls: boolean;
  readonly behindProxy: boolean;
  readonly names: readonly string[];
}

/** Where it listens unless told: nobody else can reach it there. */
export const defaultListen = '127.0.0.1:7070';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const nameShape = /^(?=.{1,255}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?$/;

/**
 * Returns the place of `--listen ADDRESS:PORT`. An address that others can reach needs TLS, or the word that a proxy
 * in front of it has TLS.
 * @throws ProgramError `usage/arguments`
 */
export function placeOf({ listen, tls, behindProxy, names }: PlaceOptions): Place {
  const match = /^(?:\[([0-9a-f:]{2,39})\]|([0-9.]{7,15})):([0-9]{1,5})$/.exec(listen);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3] ?? Number.NaN);
  if (isIP(host) === 0 || !(port <= 65_535)) {
    throw new ProgramError(
      'usage/arguments',
      `--listen ${quote(listen)} is no address and port, expected one such as ${defaultListen} or [::1]:7070`,
    );
  }
  if (!loopback.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4') && !tls && !behindProxy) {
    throw new ProgramError('usage/arguments', `${host} can be reached by others and there is no TLS`, {
      hint: 'give --tls-cert and --tls-key, or say with --behind-proxy that a proxy in front of it has TLS',
    });
  }
  const strange = names.find((name) => !nameShape.test(name));
  if (strange !== undefined)
    throw new ProgramError('usage/arguments', `--name ${quote(strange)} is no host name in lower case`);
  return { host, port, scheme: tls || behindProxy ? 'https' : 'http', names };
}

/** Returns every value of the Host header that means this server, once its port is known. */
export function authoritiesOf({ host, scheme, names }: Place, port: number): ReadonlySet<string> {
  const own = isIP(host) === 6 ? `[${host}]` : host;
  const isLoopback = loopback.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
  const local = [own, ...(isLoopback ? ['localhost'] : [])].map((name) => `${name}:${port}`);
  const bare = port === (scheme === 'https' ? 443 : 80) ? local.map((name) => name.replace(/:\d+$/, '')) : [];
  return new Set([...local, ...bare, ...names]);
}
