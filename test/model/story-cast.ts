// Who acts in a story, with which keys and in which roster.
import { sha256, utf8, type Signer } from '@countersign/codec';
import type { Roster } from '@countersign/messages';
import { nodeSigner } from '@countersign/program';

/** Everybody who holds a key in a story. */
export const cast = [
  'alice',
  'pipeline',
  'carol',
  'dave',
  'erin',
  'frank',
  'root',
  'executor',
  'mallory',
  'issuer',
] as const;
export type Actor = (typeof cast)[number];

/** Returns the signer of an actor: its seed is the SHA-256 of a published text. */
export function signerOf(actor: Actor): Signer {
  const known = signers.get(actor);
  if (known !== undefined) return known;
  const made = nodeSigner(sha256(utf8(`countersign story ${actor}`)));
  signers.set(actor, made);
  return made;
}

const signers = new Map<Actor, Signer>();

export const storyOrigin = 'story.example/ledger';
export const storyDomain: Uint8Array = sha256(utf8('countersign story')).slice(0, 16);
export const storyStart = 1_790_000_000;

/** The root keys that every story trusts. */
export const storyAnchor: { readonly threshold: number; readonly keys: readonly Uint8Array[] } = {
  threshold: 1,
  keys: [signerOf('root').publicKey],
};

/** Returns the first roster of a story. */
export function firstRoster(domain: Uint8Array = storyDomain, origin: string = storyOrigin): Roster {
  const person = (
    id: Actor,
    kind: 'human' | 'agent',
    roles: readonly string[],
  ): Roster['persons'][number] => ({
    id,
    name: `${id.charAt(0).toUpperCase()}${id.slice(1)}`,
    kind,
    roles,
    keys: [{ publicKey: signerOf(id).publicKey }],
  });
  return {
    version: 1,
    domain,
    number: 1,
    previous: null,
    madeAt: storyStart,
    root: storyAnchor,
    roles: [
      { name: 'operator', may: ['submit'], peopleMin: 1 },
      { name: 'dba', may: ['approve', 'submit'], peopleMin: 2 },
      { name: 'security', may: ['approve'], peopleMin: 1 },
    ],
    persons: [
      person('alice', 'human', ['operator']),
      person('pipeline', 'agent', ['operator']),
      person('carol', 'human', ['dba']),
      person('dave', 'human', ['dba']),
      person('erin', 'human', ['security']),
      person('frank', 'human', ['dba', 'security']),
    ],
    executors: [{ origin, publicKey: signerOf('executor').publicKey }],
    revocations: [],
  };
}
