import { readFileCarefully } from './file-read.ts';
import { ProgramError } from './program-error.ts';
import { askSecret, isSecretInput } from './secret-prompt.ts';
import type { Surroundings } from './surroundings.ts';
import { quote } from './visible-text.ts';

const passphraseBytesMax = 1024;

export interface PassphraseSource {
  /** What `--passphrase-file` names; goes before the environment. */
  readonly file?: string | undefined;
  readonly surroundings: Pick<Surroundings, 'environment' | 'stdin' | 'stderr'>;
}

export interface PassphraseQuestion {
  /** Whether a new key is being locked: a person then types it twice. */
  readonly purpose: 'open' | 'create';
  /** What the passphrase is for, such as the name of the key file. */
  readonly subject: string;
}

/**
 * Returns the passphrase from `--passphrase-file`, else `COUNTERSIGN_PASSPHRASE`, else typed at the terminal without echo.
 * One line ending at the end of the file is not part of it. Nothing is asked off a terminal.
 *
 * @throws ProgramError `passphrase/…` no-terminal, empty, too-long (over 1024 bytes), not-text, mismatch; `program/interrupted`;
 * `file/…` of the file
 */
export async function readPassphrase(
  source: PassphraseSource,
  question: PassphraseQuestion,
): Promise<string> {
  if (source.file !== undefined) return checked(fileText(source.file));
  const fromEnvironment = source.surroundings.environment['COUNTERSIGN_PASSPHRASE'];
  if (fromEnvironment !== undefined) return checked(fromEnvironment);
  return checked(await askPerson(source, question));
}

function fileText(path: string): string {
  const bytes = readFileCarefully(path, { bytesMax: passphraseBytesMax + 2 });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch (thrown) {
    throw new ProgramError('passphrase/not-text', `${quote(path)} is not UTF-8 text, expected one line`, {
      cause: thrown,
    });
  }
}

async function askPerson(
  source: PassphraseSource,
  { purpose, subject }: PassphraseQuestion,
): Promise<string> {
  const { stdin, stderr } = source.surroundings;
  if (!isSecretInput(stdin))
    throw new ProgramError(
      'passphrase/no-terminal',
      `no terminal to ask for the passphrase of ${quote(subject)}`,
      {
        hint: 'give --passphrase-file FILE or set COUNTERSIGN_PASSPHRASE',
      },
    );
  const terminal = { input: stdin, output: stderr };
  const adjective = purpose === 'create' ? 'new passphrase' : 'passphrase';
  const passphrase = await askSecret(terminal, `${adjective} for ${quote(subject)}: `);
  if (purpose === 'create' && (await askSecret(terminal, 'the same again: ')) !== passphrase)
    throw new ProgramError('passphrase/mismatch', 'the two passphrases differ', { hint: 'try again' });
  return passphrase;
}

function checked(passphrase: string): string {
  if (passphrase === '') throw new ProgramError('passphrase/empty', 'the passphrase is empty');
  if (new TextEncoder().encode(passphrase).length > passphraseBytesMax)
    throw new ProgramError('passphrase/too-long', `the passphrase has more than ${passphraseBytesMax} bytes`);
  return passphrase;
}
