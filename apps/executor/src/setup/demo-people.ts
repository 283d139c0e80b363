import { seedSigner } from '@countersign/codec';
import type { Person } from '@countersign/messages';
import { createHash } from 'node:crypto';

const people: readonly (readonly [id: string, name: string, kind: Person['kind'], role: string])[] = [
  ['olivia', 'Olivia Ortega', 'human', 'operator'],
  ['ada', 'Ada Abara', 'human', 'dba'],
  ['ben', 'Ben Brandt', 'human', 'dba'],
  ['carol', 'Carol Castellanos', 'human', 'dba'],
  ['agent-7', 'Agent 7', 'agent', 'operator'],
  ['ci', 'CI pipeline', 'service', 'operator'],
];

/** Returns the published seed of an example key; keys.example/README.md. */
export function demoSeed(name: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`countersign example key v1: ${name}`).digest());
}

/** Returns the persons of a demonstration home, with their published keys. */
export function demoPersons(): readonly Person[] {
  return people.map(([id, name, kind, role]) => ({
    id,
    name,
    kind,
    roles: [role],
    keys: [{ publicKey: seedSigner(demoSeed(id)).publicKey }],
  }));
}
