import { fromHex, toHex } from '@countersign/codec';
import { ExecutorError } from '../executor-error.ts';
import type { RequestRow } from '../store/request-row.ts';
import type { World } from '../world.ts';

/** Returns the request, @throws `request/not-found` */
export function requireRequest(world: World, id: Uint8Array): RequestRow {
  const row = world.store.request(id);
  if (row === undefined) throw new ExecutorError('request/not-found', `no request ${toHex(id)} in this home`);
  return row;
}

const prefixLengthMin = 4;

/**
 * Returns the request that a person typed: its whole id in hex, or the beginning of it when no other begins so.
 * @throws `request/id`, `request/not-found`
 */
export function requestNamed(world: World, typed: string): RequestRow {
  const prefix = typed.toLowerCase();
  if (!/^[0-9a-f]{4,32}$/.test(prefix)) {
    throw new ExecutorError(
      'request/id',
      `${JSON.stringify(typed.slice(0, 64))} is no request id, expected ${prefixLengthMin} to 32 hexadecimal digits`,
    );
  }
  if (prefix.length === 32) return requireRequest(world, fromHex(prefix));
  const [row, other] = world.store.requestsByPrefix(prefix);
  if (row === undefined)
    throw new ExecutorError('request/not-found', `no request begins with ${prefix}`, {
      hint: 'see `countersign list`',
    });
  if (other !== undefined)
    throw new ExecutorError('request/id', `several requests begin with ${prefix}`, {
      hint: 'type more of the id',
    });
  return row;
}
