import { formatRootFile, keyFileForm, keyFingerprint, type RootFile } from '@countersign/keys';
import {
  ExitCode,
  isSecretInput,
  loadPrivateKey,
  loadPublicKey,
  loadRootFile,
  nodeSigner,
  openFileCarefully,
  ProgramError,
  quote,
  readPassphrase,
  refuseExampleKey,
  savePrivateKey,
  savePublicKey,
  systemRandom,
  writeFileAtomically,
  type Implementation,
  type Invocation,
} from '@countersign/program';
import { equalBytes, type PublicKey } from '@countersign/codec';
import { existsSync, mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename } from 'node:path';
import { ApproverError } from '../approver-error.ts';
import { keyFilesAt, keyNameShape, newHome, type ApproverHome } from '../home.ts';
import { ask, canAsk } from '../question.ts';

const keyBytesMax = 4096;

/** `init`: makes the folder of an approver. The root file is written last: without it there is no home. */
export const init: Implementation = async (invocation) => {
  const { options } = invocation;
  const home = newHome(invocation);
  if (existsSync(home.rootFile)) {
    throw new ApproverError(
      'approver-home/exists',
      `${quote(home.directory)} already holds an approver's home`,
      {
        hint: 'choose another directory with --home DIR; another key is made with `key generate NAME`',
      },
    );
  }
  const rootPath = options.text('root');
  if (rootPath === undefined) {
    throw new ProgramError('usage/arguments', '--root must name the public root keys', {
      hint: 'get root.pub from those who hold the root keys',
    });
  }
  const root = loadRootFile(rootPath);
  for (const { key } of root.keys) refuseExampleKey(key, home.directory);
  await confirmRoot(invocation, root);
  mkdirSync(home.directory, { recursive: true, mode: 0o700 });
  const name = keyName(invocation);
  const publicKey = await placeKey(invocation, home, name);
  writeFileAtomically(home.rootFile, new TextEncoder().encode(formatRootFile(root)));
  report(invocation, home, root, name, publicKey);
  return ExitCode.done;
};

/** Everything that this machine will believe hangs on these keys: a person compares their words by another way. */
async function confirmRoot({ run, options }: Invocation, root: RootFile): Promise<void> {
  const spoken = options.texts('rootWords').map(plainWords);
  const expected = root.keys.map(({ name, key }) => ({ name, words: keyFingerprint(key).words }));
  if (spoken.length > 0) {
    const missing = expected.find(({ words }) => !spoken.includes(plainWords(words)));
    if (missing === undefined && spoken.length === expected.length) return;
    const which =
      missing === undefined ? 'more words than root keys' : `not the words of ${quote(missing.name)}`;
    throw new ApproverError('root/words-differ', `${which} in the root file`, {
      hint: 'let the words be read to you again; if they differ, this root file is not the right one',
    });
  }
  if (options.flag('yes')) return;
  run.output.note(
    `The root file asks for ${root.threshold} of these keys. Compare their words with who holds them:`,
  );
  for (const { name, words } of expected) run.output.note(`  ${name}: ${run.output.noteColours.bold(words)}`);
  const hint = 'give --root-words "…" for each root key, or --yes when you have compared them';
  if (!canAsk(run.surroundings))
    throw new ApproverError('root/unconfirmed', 'nobody confirmed the root keys', { hint });
  const answer = await ask(run.surroundings, 'Do they agree? Type yes: ');
  if (answer.toLowerCase() !== 'yes')
    throw new ApproverError('root/unconfirmed', 'the root keys were not confirmed', { hint });
}

function plainWords(words: string): string {
  return words.toLowerCase().split(/\s+/).filter(Boolean).join(' ');
}

function keyName({ options }: Invocation): string {
  const file = options.text('key');
  const named =
    options.text('name') ??
    (file === undefined ? userInfo().username.toLowerCase() : basename(file, '.cskey'));
  if (keyNameShape.test(named)) return named;
  throw new ProgramError('usage/arguments', `${quote(named)} is no key name, expected a-z 0-9 . _ -`, {
    hint: 'choose one with --name NAME',
  });
}

async function placeKey(
  invocation: Invocation,
  home: ApproverHome,
  name: string,
): Promise<PublicKey | undefined> {
  const file = invocation.options.text('key');
  return file === undefined ? makeKey(invocation, home, name) : takeKey(invocation, home, name, file);
}

async function makeKey({ run, options }: Invocation, home: ApproverHome, name: string): Promise<PublicKey> {
  const files = keyFilesAt(home, name);
  const source = { file: options.text('passphraseFile'), surroundings: run.surroundings };
  const passphrase = await readPassphrase(source, { purpose: 'create', subject: name });
  const seed = systemRandom(32);
  await savePrivateKey(files.privateKey, seed, passphrase);
  const { publicKey } = nodeSigner(seed);
  savePublicKey(files.publicKey, { name, key: publicKey });
  return publicKey;
}

/** Takes a key over as it is, locked. Its public half is read where a passphrase is at hand, or from a file beside it. */
async function takeKey(
  { run, options }: Invocation,
  home: ApproverHome,
  name: string,
  path: string,
): Promise<PublicKey | undefined> {
  const files = keyFilesAt(home, name);
  const { bytes } = openFileCarefully(path, { bytesMax: keyBytesMax });
  if (keyFileForm(bytes) !== 'encrypted') {
    throw new ApproverError('key/unprotected', `${quote(path)} has no passphrase, expected a locked key`, {
      hint: 'make a new key with `key generate NAME`',
    });
  }
  const { surroundings } = run;
  const file = options.text('passphraseFile');
  const atHand =
    file !== undefined ||
    surroundings.environment['COUNTERSIGN_PASSPHRASE'] !== undefined ||
    isSecretInput(surroundings.stdin);
  const beside = path.replace(/\.cskey$/, '.cspub');
  const told = beside !== path && existsSync(beside) ? loadPublicKey(beside).key : undefined;
  const opened = atHand ? (await loadPrivateKey(path, { file, surroundings })).publicKey : undefined;
  if (told !== undefined && opened !== undefined && !equalBytes(told, opened))
    throw new ApproverError('key/other', `${quote(beside)} is not the public half of ${quote(path)}`);
  const publicKey = opened ?? told;
  if (publicKey !== undefined) refuseExampleKey(publicKey, home.directory);
  writeFileAtomically(files.privateKey, bytes, { mode: 0o600 });
  if (publicKey !== undefined) savePublicKey(files.publicKey, { name, key: publicKey });
  return publicKey;
}

function report(
  { run: { output } }: Invocation,
  home: ApproverHome,
  root: RootFile,
  name: string,
  publicKey: PublicKey | undefined,
): void {
  const files = keyFilesAt(home, name);
  const fingerprint = publicKey === undefined ? undefined : keyFingerprint(publicKey);
  output.document({
    code: 'home/made',
    home: home.directory,
    root: {
      threshold: root.threshold,
      keys: root.keys.map(({ name: of, key }) => ({ name: of, ...keyFingerprint(key) })),
    },
    key: { name, file: files.privateKey, publicKey, fingerprint },
  });
  output.line(`${output.colours.green('made')}  ${home.directory}`);
  output.line(`key   ${name}`);
  if (fingerprint !== undefined) {
    // Ten words are wider than a narrow terminal, which would cut one in two.
    const spoken = fingerprint.words.split(' ');
    output.line(`words ${output.colours.bold(spoken.slice(0, 5).join(' '))}`);
    output.line(`      ${output.colours.bold(spoken.slice(5).join(' '))}`);
    output.line(`      ${output.colours.dim(fingerprint.hex)}`);
    output.line(`next  hand ${files.publicKey} to who keeps the roster,`);
    output.line('      and read them the words above');
  }
}
