import { fromHex, sha256, utf8, concatBytes } from '@countersign/codec';
import Type, { type Static } from 'typebox';
import { ExecutorError } from '../executor-error.ts';
import type { RequestRow } from '../store/request-row.ts';
import type { World } from '../world.ts';
import { isHuman, type Caller } from './caller.ts';
import { ServeRefused } from './refusal.ts';

/** The id of a request in a path: all of its 32 hexadecimal digits. */
export const idParams: Type.TObject<{ id: Type.TString }> = Type.Object(
  { id: Type.String({ pattern: '^[0-9a-f]{32}$' }) },
  { additionalProperties: false },
);

export type IdParams = Static<typeof idParams>;

/**
 * Returns the request that a caller may see: services and agents see what they submitted themselves, people all of them, as on the
 * command line. Whether another one is there is not told.
 * @throws ExecutorError `request/not-found`
 */
export function visibleRequest(world: World, caller: Caller, id: Uint8Array): RequestRow {
  const row = world.store.request(id);
  if (row !== undefined && (isHuman(caller) || row.submitter === caller.person.id)) return row;
  throw new ExecutorError('request/not-found', 'no such request, or none of yours');
}

/** Returns the id that a path names. */
export function idOf({ id }: IdParams): Uint8Array {
  return fromHex(id);
}

const keyShape = /^[!-~]{1,128}$/;

/**
 * Returns the id of the submission that a person makes under an idempotency key: the same key is the same submission, for ever and by
 * whichever process, without anything to remember. It is made of a signature that only this executor's key gives and that nobody is
 * shown, so that nobody else can work an id out and take it first. docs/serving.md#idempotency
 * @throws ServeRefused `serve/parameters`
 */
export function idUnderKey(world: World, caller: Caller, key: string): Uint8Array {
  if (!keyShape.test(key))
    throw new ServeRefused('serve/parameters', 'Idempotency-Key is not 1 to 128 characters without spaces');
  const label = utf8(`countersign idempotency key v1\n${caller.person.id}\n${key}`);
  // The zero byte stands before nothing else that this key signs.
  return sha256(world.signer.sign(concatBytes(Uint8Array.of(0), world.domain, label))).slice(0, 16);
}
