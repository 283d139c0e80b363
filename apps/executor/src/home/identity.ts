import { keyId } from '@countersign/codec';
import { keyStanding } from '@countersign/messages';
import { loadPrivateKey, refuseExampleKey, type ProgramRun } from '@countersign/program';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ExecutorError } from '../executor-error.ts';
import type { Identity } from '../stages/intake.ts';
import type { World } from '../world.ts';

/**
 * Returns the person that acts and the key that signs for them: `--as`, else the identity of the configuration.
 * @throws `identity/…`, `keyfile/…`, `passphrase/…`
 */
export async function loadIdentity(
  world: World,
  run: ProgramRun,
  choice: { readonly as?: string | undefined; readonly passphraseFile?: string | undefined },
): Promise<Identity> {
  const name = choice.as ?? world.configuration.identity;
  if (name === undefined) {
    throw new ExecutorError('identity/unknown', 'nobody is named as the submitter', {
      hint: 'say who with --as NAME, or set identity in countersign.yaml',
    });
  }
  const path = join(world.paths.identities, `${name}.cskey`);
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name) || !existsSync(path)) {
    throw new ExecutorError('identity/unknown', `this home has no key of ${JSON.stringify(name)}`, {
      hint: `put the private key there as ${path}`,
    });
  }
  const source = { file: choice.passphraseFile, surroundings: run.surroundings };
  const { signer, publicKey } = await loadPrivateKey(path, source, { allowUnencrypted: true });
  refuseExampleKey(publicKey, world.paths.directory);
  const kid = keyId(publicKey);
  return { person: requireSubmitter(world, kid, name), signer };
}

function requireSubmitter(world: World, kid: Uint8Array, name: string): Identity['person'] {
  const chain = world.chain();
  const holder = chain.holder(kid);
  if (holder === undefined) {
    throw new ExecutorError('identity/not-in-roster', `the key of ${name} is nobody's in the roster`, {
      hint: 'see `countersign roster show`',
    });
  }
  const standing = keyStanding(holder, world.clock());
  if (standing !== 'valid')
    throw new ExecutorError('identity/not-valid', `the key of ${name} is ${standing.replaceAll('-', ' ')}`);
  if (chain.isRevokedAt(kid, world.ledger.size))
    throw new ExecutorError('identity/not-valid', `the key of ${name} is revoked`);
  if (!chain.current.permits(holder.person, 'submit')) {
    throw new ExecutorError('identity/not-allowed', `${holder.person.id} has no role that may submit`);
  }
  return holder.person;
}
