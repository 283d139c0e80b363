import { STATUS_CODES } from 'node:http';

/** Every refusal of the server's own, and the HTTP status it is answered with. docs/serving.md#refusals */
export const serveStatuses = {
  'serve/host': 421,
  'serve/origin': 403,
  'serve/cross-site': 403,
  'serve/target-form': 400,
  'serve/repeated-header': 400,
  'serve/malformed': 400,
  'serve/large-headers': 431,
  'serve/slow-request': 408,
  'serve/path': 404,
  'serve/method': 405,
  'serve/parameters': 400,
  'serve/media-type': 415,
  'serve/encoding': 415,
  'serve/large-body': 413,
  'serve/json': 400,
  'serve/json-depth': 400,
  'serve/json-repeated': 400,
  'serve/body': 422,
  'serve/credentials': 401,
  'serve/busy': 503,
  'serve/closing': 503,
  'serve/rate': 429,
  'serve/failures': 429,
  'serve/open-calls': 429,
  'serve/own-queue': 429,
  'serve/role': 403,
  'serve/masked': 403,
  'serve/unsigned': 422,
  'serve/idempotency': 409,
  'http-signature/form': 401,
  'http-signature/several': 401,
  'http-signature/components': 401,
  'http-signature/algorithm': 401,
  'http-signature/time': 401,
  'http-signature/before-start': 401,
  'http-signature/key': 401,
  'http-signature/invalid': 401,
  'http-signature/replayed': 401,
  'http-signature/digest': 400,
  'token/form': 401,
  'token/issuer': 401,
  'token/invalid': 401,
  'token/lifetime': 401,
  'token/subject': 403,
  'token/too-large': 401,
} as const;

export type ServeErrorCode = keyof typeof serveStatuses;

export interface RefusalDetail {
  readonly hint?: string;
  readonly cause?: unknown;
  /** Seconds after which it may be tried again. */
  readonly retryAfter?: number;
}

/** A call that the server refuses before, or instead of, asking a stage. */
export class ServeRefused extends Error {
  readonly code: ServeErrorCode;
  readonly status: number;
  readonly hint: string | undefined;
  readonly retryAfter: number | undefined;

  constructor(code: ServeErrorCode, message: string, detail: RefusalDetail = {}) {
    super(message, 'cause' in detail ? { cause: detail.cause } : undefined);
    this.name = 'ServeRefused';
    this.code = code;
    this.status = serveStatuses[code];
    this.hint = detail.hint;
    this.retryAfter = detail.retryAfter;
  }
}

/** Returns the phrase of a status, which is the title of its problem documents. */
export function phraseOf(status: number): string {
  return STATUS_CODES[status] ?? 'Error';
}
