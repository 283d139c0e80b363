import { keyId } from '@countersign/codec';
import { loadPrivateKey, quote, refuseExampleKey, type ProgramRun } from '@countersign/program';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ExecutorError } from '../executor-error.ts';
import type { Identity } from '../stages/intake.ts';
import { requireSubmitter } from '../stages/submitter.ts';
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
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name)) {
    throw new ExecutorError('identity/unknown', `${quote(name)} is no identity, expected a-z 0-9 . _ -`);
  }
  const path = join(world.paths.identities, `${name}.cskey`);
  if (!existsSync(path)) {
    throw new ExecutorError('identity/unknown', `this home has no key of ${JSON.stringify(name)}`, {
      hint: `put the private key there as ${path}`,
    });
  }
  const source = { file: choice.passphraseFile, surroundings: run.surroundings };
  const { signer, publicKey } = await loadPrivateKey(path, source, { allowUnencrypted: true });
  refuseExampleKey(publicKey, world.paths.directory);
  return { person: requireSubmitter(world, keyId(publicKey)), signer };
}
