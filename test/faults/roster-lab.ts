import { nodeSigner } from '@countersign/program';
import { formatPublicKeyLine } from '@countersign/keys';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoSeed } from '../../apps/executor/src/setup/demo-people.ts';
import type { Lab } from './lab.ts';
import { Approver } from './signer.ts';

const rootKey = join(import.meta.dirname, '..', '..', 'keys.example', 'root-1.cskey');

function seedOf(name: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`a key of the fault tests: ${name}`).digest());
}

/** Returns a person's machine over a key that nobody published. */
export function newApprover(name: string): Approver {
  return new Approver(nodeSigner(seedOf(name)));
}

/** Returns the public key line of {@link newApprover}, as a roster file quotes it. */
export function newKeyLine(name: string): string {
  return JSON.stringify(formatPublicKeyLine({ name, key: nodeSigner(seedOf(name)).publicKey }));
}

/** Returns the public key line of a published key, as a roster file quotes it. */
export function publishedKeyLine(name: string): string {
  return JSON.stringify(formatPublicKeyLine({ name, key: nodeSigner(demoSeed(name)).publicKey }));
}

/** Takes an edited roster into force through the program: show, propose, sign with the root key, install. */
export async function changeRoster(lab: Lab, edit: (yaml: string) => string): Promise<void> {
  const yaml = join(lab.home, 'next.yaml');
  const proposal = join(lab.home, 'next.csroster');
  const before = await lab.say('roster', 'show', '--yaml');
  const after = edit(before);
  if (after === before) throw new Error('the roster was not edited');
  writeFileSync(yaml, after);
  for (const argv of [
    ['propose', yaml, '--out', proposal],
    ['sign', proposal, '--key', rootKey],
    ['install', proposal],
  ]) {
    const { exitCode, document } = await lab.ask('roster', ...argv);
    if (exitCode !== 0) throw new Error(`roster ${argv[0] ?? ''}: ${JSON.stringify(document)}`);
  }
}

/** Returns the edit that revokes a key from the next entry on. */
export function revoking(kid: string): (yaml: string) => string {
  return (yaml) => yaml.replace(/^revoked:(?: \{\})?$/m, `revoked:\n  "${kid}": now`);
}
