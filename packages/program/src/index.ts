export { ExitCode, exitCodeOfArea } from './exit-code.ts';
export { compileInForeground } from './foreground-compilation.ts';
export {
  CodedError,
  ProgramError,
  programErrorCodes,
  type ErrorDetail,
  type ProgramErrorCode,
} from './program-error.ts';
export { postgresParser } from './postgres-parser.ts';
export { quote, visibleText } from './visible-text.ts';
export { coloursWanted, palette, type Colour, type Palette } from './palette.ts';
export { formatJson, jsonOf, snakeCase, type Json, type JsonObject } from './json-text.ts';
export { formatTime, parseDuration, parseTime } from './time-text.ts';
export {
  processSurroundings,
  systemClock,
  systemRandom,
  type Clock,
  type Environment,
  type InputStream,
  type OutputStream,
  type Random,
  type Surroundings,
} from './surroundings.ts';
export { Output } from './output.ts';
export type { Progress } from './progress.ts';
export {
  failureOf,
  runProgram,
  runToExitCode,
  wantsJson,
  type Failure,
  type ProgramRun,
} from './run-program.ts';
export { commandLine } from './command-line.ts';
export {
  Options,
  passphraseFile,
  type Implementation,
  type Invocation,
  type OptionLine,
  type Verb,
} from './verb.ts';
export { generateKeyIn, keyFingerprintCommand, keyGenerate, keyShow } from './key-commands.ts';
export { runVerb, verbCommandLine, type Act, type VerbLine } from './verb-line.ts';
export { openFileCarefully, readFileCarefully, type CarefulFile, type ReadLimits } from './file-read.ts';
export { writeFileAtomically, type FileSystem, type WriteOptions } from './file-write.ts';
export { listDirectoryCarefully, type DirectoryEntry } from './directory-list.ts';
export { readStandardInput } from './standard-input.ts';
export { askSecret, isSecretInput, type SecretInput, type SecretTerminal } from './secret-prompt.ts';
export { readPassphrase, type PassphraseQuestion, type PassphraseSource } from './passphrase.ts';
export { nodeScrypt, nodeSigner, nodeVerifier } from './ed25519.ts';
export {
  loadPrivateKey,
  loadPublicKey,
  loadRootFile,
  savePrivateKey,
  savePublicKey,
  type LoadedKey,
  type PrivateKeyOptions,
} from './key-store.ts';
export { isExampleKey, isExampleKeyFile, refuseExampleKey } from './example-key-guard.ts';
export {
  decodePng,
  encodePng,
  pixelsMax,
  type Modules,
  type Picture,
  type PictureOptions,
} from './picture.ts';
export { codeFileOptions, codeFilesOf, codeMedia, writeCodes, type CodeFiles } from './code-files.ts';
export { codeStyleOf, codeStyleOptions, defaultRate, framesIn, type CodeStyle } from './code-style.ts';
export { requireTerminal, showCodes } from './code-terminal.ts';
export { readCarried, type CarriedFile, type Carrying } from './carried-file.ts';
export { openCodeReader } from './code-reader.ts';
export { codeReaderWasm } from './code-reader-wasm.ts';
export { nodeTokenClaims } from './token-claims.ts';
