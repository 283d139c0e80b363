import { generateKey, keyFileForm, keyFingerprint } from '@countersign/keys';
import type { PublicKey } from '@countersign/codec';
import { join } from 'node:path';
import { ExitCode } from './exit-code.ts';
import { readFileCarefully } from './file-read.ts';
import { loadPrivateKey, loadPublicKey, savePrivateKey, savePublicKey } from './key-store.ts';
import type { Output } from './output.ts';
import { readPassphrase, type PassphraseSource } from './passphrase.ts';
import { ProgramError } from './program-error.ts';
import { systemRandom } from './surroundings.ts';
import type { Implementation, Invocation } from './verb.ts';
import { quote } from './visible-text.ts';

const kinds = ['human', 'service', 'agent', 'executor'];

/** `key generate`: makes a key pair where `--out` says, else in the working directory. */
export const keyGenerate: Implementation = (invocation) =>
  generateKeyIn(invocation.options.text('out') ?? '.', invocation);

/** Makes a key pair in `directory`, by the options of `key generate`. */
export async function generateKeyIn(
  directory: string,
  { run, arguments: [name = ''], options }: Invocation,
): Promise<ExitCode> {
  const kind = options.text('kind') ?? 'human';
  if (!kinds.includes(kind))
    throw new ProgramError(
      'usage/arguments',
      `${quote(kind)} is no kind of key, expected ${kinds.join(', ')}`,
    );
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name))
    throw new ProgramError('usage/arguments', `${quote(name)} is no key name, expected a-z 0-9 . _ -`);
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
}

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
  source: PassphraseSource,
): Promise<{ name: string; key: PublicKey; form: string }> {
  const bytes = readFileCarefully(path, { bytesMax: 8192 });
  if (new TextDecoder().decode(bytes.subarray(0, 6)) === 'cspub1' || path.endsWith('.cspub')) {
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
