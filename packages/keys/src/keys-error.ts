/** Every way this package refuses something. One cause, one code. */
export const keysErrorCodes = [
  'pkcs8/seed-length',
  'pkcs8/length',
  'pkcs8/algorithm',
  'pkcs8/shape',
  'pem/label',
  'pem/shape',
  'keyfile/too-large',
  'keyfile/form',
  'keyfile/armoured',
  'keyfile/version',
  'keyfile/recipient',
  'keyfile/header',
  'keyfile/work-factor',
  'keyfile/truncated',
  'keyfile/header-modified',
  'keyfile/payload-modified',
  'keyfile/unencrypted',
  'passphrase/wrong',
  'passphrase/too-short',
  'passphrase/common',
  'passphrase/repetitive',
  'cspub/version',
  'cspub/shape',
  'cspub/key-text',
  'cspub/name',
  'root/too-large',
  'root/header',
  'root/threshold',
  'root/key-count',
  'root/duplicate-key',
  'root/duplicate-name',
  'words/unknown',
  'words/wrong-list',
  'random/length',
] as const;

export type KeysErrorCode = (typeof keysErrorCodes)[number];

export interface KeysErrorFacts {
  /** Line of the text, from 1. */
  readonly line?: number;
  /** Place of the word, from 0. */
  readonly word?: number;
  readonly cause?: unknown;
}

/** The one error of this package. The message is for people; programs branch on `code`. */
export class KeysError extends Error {
  readonly code: KeysErrorCode;
  readonly line: number | undefined;
  readonly word: number | undefined;

  constructor(code: KeysErrorCode, message: string, facts: KeysErrorFacts = {}) {
    super(message, 'cause' in facts ? { cause: facts.cause } : undefined);
    this.name = 'KeysError';
    this.code = code;
    this.line = facts.line;
    this.word = facts.word;
  }
}
