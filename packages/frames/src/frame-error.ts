/** Every way in which making, drawing, reading or assembling frames can be refused. */
export type FrameErrorCode =
  | 'frame/foreign'
  | 'frame/truncated'
  | 'frame/check'
  | 'frame/version'
  | 'frame/total'
  | 'frame/symbols'
  | 'frame/shape'
  | 'packed/empty'
  | 'packed/too-long'
  | 'packed/too-many-symbols'
  | 'packed/method'
  | 'packed/inflate'
  | 'packed/inflated-too-long'
  | 'options/frame-bytes'
  | 'options/index'
  | 'options/rate'
  | 'options/scale'
  | 'options/quiet-zone'
  | 'qr/version'
  | 'qr/too-long'
  | 'picture/size'
  | 'picture/file'
  | 'picture/gif'
  | 'picture/gif-too-long'
  | 'reader/refused'
  | 'reader/failed';

/** What a code that is none of ours seems to be, so that a person can be told what was scanned. */
export type ForeignKind = 'web-address' | 'wifi' | 'wallet' | 'air-gap-wallet' | 'contact' | 'text' | 'bytes';

/** The one error of this room; `foreign` is set exactly when `code` is `frame/foreign`. */
export class FrameError extends Error {
  readonly code: FrameErrorCode;
  readonly foreign: ForeignKind | undefined;

  constructor(
    code: FrameErrorCode,
    message: string,
    facts: { readonly foreign?: ForeignKind; readonly cause?: unknown } = {},
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'FrameError';
    this.code = code;
    this.foreign = facts.foreign;
  }
}
