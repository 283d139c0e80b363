/** Every code of the page's own. */
export const pageErrorCodes = [
  'page/no-ed25519',
  'page/verifiers-differ',
  'page/file-too-large',
  'page/too-many-files',
  'page/not-text',
  'page/no-root',
  'page/several-roots',
  'page/no-key',
  'page/key-unprotected',
  'page/key-other',
  'page/example-key',
  'page/codes-incomplete',
  'page/no-request',
  'page/several-requests',
  'page/folder-write',
  'page/paste',
  'page/count',
  'page/key-name',
  'page/passphrases-differ',
  'page/proof-failed',
] as const;

export type PageErrorCode = (typeof pageErrorCodes)[number];

/** Why the page stops where no package has said so already. What it means stands in the catalogue of texts. */
export class PageError extends Error {
  readonly code: PageErrorCode;

  constructor(code: PageErrorCode, message: string, detail: { readonly cause?: unknown } = {}) {
    super(message, 'cause' in detail ? { cause: detail.cause } : undefined);
    this.name = 'PageError';
    this.code = code;
  }
}
