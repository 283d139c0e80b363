import { generateKey, keyFileForm, keyFingerprint } from '@countersign/keys';
import {
  ExitCode,
  loadPrivateKey,
  loadPublicKey,
  ProgramError,
  quote,
  readFileCarefully,
  readPassphrase,
  savePrivateKey,
  savePublicKey,
  systemRandom,
  type Output,
} from '@countersign/program';
import type { PublicKey } from '@countersign/codec';
import { join } from 'node:path';
import type { Implementation } from '../verbs/verb.ts';

const kinds = ['human', 'service', 'agent', 'executor'];

/** `key generate`: makes a key pair. */
export const keyGenerate: Implementation = async ({ run, arguments: [name = ''], options }) => {
  const kind = options.text('kind') ?? 'human';
  if (!kinds.includes(kind))
    throw new ProgramError(
      'usage/arguments',
      `${quote(kind)} is no kind of key, expected ${kinds.join(', ')}`,
    );
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name))
    throw new ProgramError('usage/arguments', `${quote(name)} is no key name, expected a-z 0-9 . _ -`);
  const directory = options.text('out') ?? '.';
  const passphrase = options.without('passphrase')
    ? undefined
    : await readPassphrase(
        { file: options.text('passphraseFile'), surroundings: run.surroundings },
        { purpose: 'create', subject: name },
      );
  const { seed, publicKey } = generateKey(systemRandom(32));
  const files = { privateKey: join(directory, `${name}.cskey`), publicKey: join(directory, `${name}.cspub`) };
  await savePrivateKey(files.privateKey, seed, passphrase);
  savePublicKey(files.publicKey, { name, key: publicKey });
  reportKey(
    run.output,
    {
      code: 'key/generated',
      name,
      kind,
      roles: options.texts('role'),
      files,
      encrypted: passphrase !== undefined,
    },
    publicKey,
  );
  run.output.line(
    `private    ${files.privateKey}${passphrase === undefined ? run.output.colours.yellow('  (not encrypted)') : ''}`,
  );
  run.output.line(`public     ${files.publicKey}`);
  return ExitCode.done;
};

/** `key show`: what a key file holds; of a private key only what is public. */
export const keyShow: Implementation = async ({ run, arguments: [path = ''], options }) => {
  const { name, key, form } = await readKey(path, {
    file: options.text('passphraseFile'),
    surroundings: run.surroundings,
  });
  reportKey(run.output, { code: 'key/shown', name, form, file: path }, key);
  run.output.line(`form       ${form}`);
  return ExitCode.done;
};

/** `key fingerprint`: for reading aloud. */
export const keyFingerprintCommand: Implementation = async ({ run, arguments: [path = ''], options }) => {
  const { key, name } = await readKey(path, {
    file: options.text('passphraseFile'),
    surroundings: run.surroundings,
  });
  reportKey(run.output, { code: 'key/fingerprint', name }, key);
  return ExitCode.done;
};

async function readKey(
  path: string,
  source: Parameters<typeof loadPrivateKey>[1],
): Promise<{ name: string; key: PublicKey; form: string }> {
  const bytes = readFileCarefully(path, { bytesMax: 8192 });
  if (new TextDecoder().decode(bytes.subarray(0, 6)) === 'cspub1') {
    const { name, key } = loadPublicKey(path);
    return { name, key, form: 'public' };
  }
  const { publicKey } = await loadPrivateKey(path, source, { allowUnencrypted: true });
  return { name: path, key: publicKey, form: `private, ${keyFileForm(bytes)}` };
}

function reportKey(output: Output, document: object, key: PublicKey): void {
  const fingerprint = keyFingerprint(key);
  output.document({ ...document, publicKey: key, fingerprint });
  output.line(`words      ${output.colours.bold(fingerprint.words)}`);
  output.line(`key id     ${fingerprint.hex}`);
}
