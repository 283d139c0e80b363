import { KeysError } from './keys-error.ts';

/** The fewest characters a passphrase for a new key has. */
export const passphraseLengthMin = 12;
const distinctMin = 5;
const strongBits = 60;

// What passwords are made of most often; a passphrase that is one of these and only digits or signs beside is no better.
const common: ReadonlySet<string> = new Set(
  `password passwort passphrase secret letmein welcome qwerty qwertyuiop qwertzuiop asdfghjkl azerty iloveyou admin administrator
  root changeme default dragon monkey football baseball superman princess sunshine master shadow trustno countersign
  correcthorsebatterystaple abcdefghijkl abcdefghijklm abcdefgh aaaaaaaaaaaa passwordpassword adminadmin qwertyqwerty
  iloveyouiloveyou welcomewelcome thisisapassword mypassword mypassphrase letmeinletmein opensesame database`
    .trim()
    .split(/\s+/),
);

export interface PassphraseStrength {
  /** Characters, as a person counts them. */
  readonly length: number;
  /** A rough upper bound of the guesses needed, log2; people choose worse than at random, so the truth is lower. */
  readonly bits: number;
  readonly verdict: 'refused' | 'fair' | 'strong';
  /** Why it is refused. */
  readonly problem?: 'passphrase/too-short' | 'passphrase/common' | 'passphrase/repetitive';
}

function alphabetSize(characters: readonly string[]): number {
  const has = (shape: RegExp): boolean => characters.some((character) => shape.test(character));
  const digits = has(/[0-9]/) ? 10 : 0;
  const lower = has(/[a-z]/) ? 26 : 0;
  const upper = has(/[A-Z]/) ? 26 : 0;
  const signs = has(/[ -/:-@[-`{-~]/) ? 33 : 0;
  const others = has(/[^ -~]/) ? 64 : 0;
  return digits + lower + upper + signs + others;
}

/** Returns how many characters are neither the one before again nor its neighbour in the code chart. */
function freshLength(characters: readonly string[]): number {
  const codes = characters.map((character) => character.codePointAt(0) ?? 0);
  return codes.filter((code, at) => Math.abs(code - (codes[at - 1] ?? -2)) > 1).length;
}

function problemOf(passphrase: string, characters: readonly string[]): PassphraseStrength['problem'] {
  if (characters.length < passphraseLengthMin) return 'passphrase/too-short';
  const letters = passphrase.toLowerCase().replace(/[^\p{L}]/gu, '');
  if (common.has(letters)) return 'passphrase/common';
  if (new Set(characters).size < distinctMin || freshLength(characters) < passphraseLengthMin / 2)
    return 'passphrase/repetitive';
  return undefined;
}

/** Returns a rough judgement of a passphrase from its length, its variety and a short list of the commonest ones. */
export function passphraseStrength(passphrase: string): PassphraseStrength {
  const characters = Array.from(passphrase);
  const bits =
    characters.length === 0 ? 0 : Math.floor(freshLength(characters) * Math.log2(alphabetSize(characters)));
  const problem = problemOf(passphrase, characters);
  if (problem !== undefined) return { length: characters.length, bits, verdict: 'refused', problem };
  return { length: characters.length, bits, verdict: bits >= strongBits ? 'strong' : 'fair' };
}

const explanations = {
  'passphrase/too-short': `passphrase of fewer than ${passphraseLengthMin} characters, expected a sentence or five random words`,
  'passphrase/common': 'passphrase among the first anybody would try, expected five random words',
  'passphrase/repetitive':
    'passphrase that repeats a few characters or counts them up, expected five random words',
} as const;

/**
 * Returns when a new key may be locked with the passphrase.
 *
 * @throws KeysError `passphrase/too-short`, `passphrase/common`, `passphrase/repetitive`
 */
export function requireStrongPassphrase(passphrase: string): void {
  const { problem } = passphraseStrength(passphrase);
  if (problem !== undefined) throw new KeysError(problem, explanations[problem]);
}
