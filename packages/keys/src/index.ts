export { KeysError, keysErrorCodes, type KeysErrorCode, type KeysErrorFacts } from './keys-error.ts';
export { parseAgeHeader, workFactorMax, type AgeHeader } from './age-header.ts';
export {
  keyFileForm,
  lockKey,
  nobleScrypt,
  unlockKey,
  workFactorWritten,
  type LockOptions,
  type Scrypt,
  type UnlockOptions,
} from './key-file.ts';
export { exampleKeys, type ExampleKey } from './example-keys.ts';
export { demoMarker, exampleKeyName } from './example-key-name.ts';
export { generateKey, type KeyPair } from './generate-key.ts';
export { decodePem, decodePkcs8, encodePem, encodePkcs8 } from './pkcs8.ts';
export {
  passphraseLengthMin,
  passphraseStrength,
  requireStrongPassphrase,
  type PassphraseStrength,
} from './passphrase-strength.ts';
export {
  formatPublicKeyFile,
  formatPublicKeyLine,
  parsePublicKeyFile,
  parsePublicKeyLine,
  type NamedKey,
} from './public-key-line.ts';
export { formatRootFile, parseRootFile, type RootFile } from './root-file.ts';
export { digestWords, fingerprint, keyFingerprint, parseWords, words, type Fingerprint } from './words.ts';
export { evenWords, oddWords } from './word-list.ts';
