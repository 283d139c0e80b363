import { lookup } from 'node:dns/promises';
import { addAbortListener } from 'node:events';
import { BlockList, isIP } from 'node:net';
import { quote } from '@countersign/program';
import { ExecutorError } from '../executor-error.ts';

/** IPv4 that is not the public internet: this machine, private and link-local networks, documentation, multicast, reserved. */
const closed4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];
/** What of 2000::/3, the public part of IPv6, leads elsewhere: tunnels that hold IPv4 addresses, documentation. */
const closed6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const notPublic = new BlockList();
for (const [network, bits] of closed4) notPublic.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of closed6) notPublic.addSubnet(network, bits, 'ipv6');
const public6 = new BlockList();
public6.addSubnet('2000::', 3, 'ipv6');

/** Where to connect: an address that was looked at, whatever its name resolves to by then. */
export interface Endpoint {
  readonly address: string;
  readonly loopback: boolean;
}

/** Returns every address of a host name, or the host itself when it is one. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export const systemResolve: Resolve = async (host) =>
  (await lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address);

/**
 * Resolves a host once and returns an address to connect to. All of its addresses must be public, or in one of `networks`: a name
 * that leads inside as well is refused, since which one is used is not for its owner to choose.
 * @throws `notify/unreachable` when it has no address, or none before `signal` is aborted; `notify/address`
 */
export async function endpointOf(
  host: string,
  networks: readonly string[],
  signal: AbortSignal,
  resolve: Resolve = systemResolve,
): Promise<Endpoint> {
  const bare = host.replace(/^\[([^\]]*)\]$/, '$1');
  const addresses = isIP(bare) === 0 ? await resolved(bare, signal, resolve) : [bare];
  const allowed = blockListOf(networks);
  const inside = addresses.find((address) => !isPublic(address) && !holds(allowed, address));
  if (inside !== undefined) {
    throw new ExecutorError('notify/address', `${quote(host)} is at ${inside}, which is not public`, {
      hint: 'name its network under networks: of the channel if that is meant',
    });
  }
  const [address = ''] = addresses;
  return { address, loopback: holds(loopbacks, address) };
}

async function resolved(host: string, signal: AbortSignal, resolve: Resolve): Promise<readonly string[]> {
  // The system's resolver cannot be told to stop: its answer is no longer waited for.
  const late = Promise.withResolvers<never>();
  const listener = addAbortListener(signal, () => late.reject(signal.reason));
  try {
    const addresses = await Promise.race([resolve(host), late.promise]);
    if (addresses.length > 0) return addresses;
  } catch (cause) {
    const what = signal.aborted ? 'has no address yet (timeout)' : 'has no address';
    throw new ExecutorError('notify/unreachable', `${quote(host)} ${what}`, { cause });
  } finally {
    listener[Symbol.dispose]();
  }
  throw new ExecutorError('notify/unreachable', `${quote(host)} has no address`);
}

/** Returns whether an address is one of the public internet; what is no plain address is not. */
export function isPublic(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !notPublic.check(address, 'ipv4');
    case 6:
      return !address.includes('%') && public6.check(address, 'ipv6') && !notPublic.check(address, 'ipv6');
    default:
      return false;
  }
}

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [base = '', bits = ''] = network.split('/');
    list.addSubnet(base, Number(bits), isIP(base) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

const loopbacks = blockListOf(['127.0.0.0/8', '::1/128']);

function holds(list: BlockList, address: string): boolean {
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return false;
  return list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
