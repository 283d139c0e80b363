import type { Static, TSchema } from 'typebox';
import type { IncomingHttpHeaders } from 'node:http';
import type { AnswerName } from './answers.ts';
import type { Caller } from './caller.ts';

/** What a route answers; documents are written as `--json` writes them. */
export type Answer =
  | {
      readonly kind: 'document';
      readonly status: number;
      readonly exitCode: number;
      readonly fields: object;
      readonly location?: string;
    }
  | {
      readonly kind: 'bytes';
      readonly type: string;
      readonly bytes: Uint8Array | string;
      readonly status?: number;
    }
  | { readonly kind: 'events'; readonly run: (send: SendEvent, gone: AbortSignal) => Promise<void> };

/** Sends one server-sent event. */
export type SendEvent = (name: string, fields: object) => void;

/** Who may ask: anybody, whoever the roster lets submit, or whoever signed the body itself, beside whom a caller may be named. */
export type Access = 'open' | 'caller' | 'signed-body';

export type Body =
  | { readonly type: 'json'; readonly schema: TSchema }
  | { readonly type: 'bytes'; readonly mediaType: string; readonly bytesMax: number };

interface Shape {
  readonly method: 'GET' | 'POST';
  /** Such as `/v1/requests/{id}`. */
  readonly path: string;
  readonly summary: string;
  /** What each status means; OpenAPI says it. */
  readonly answers: Readonly<Record<number, string>>;
  /** The document that is answered; OpenAPI gives its fields. */
  readonly answerName?: AnswerName;
  /** Media type of what is answered, where it is no document. */
  readonly answerType?: string;
  readonly params?: TSchema;
  readonly query?: TSchema;
  /** Whether an `Idempotency-Key` means something to it. */
  readonly takesKey?: true;
  /** Whether its calls are open for long. */
  readonly waits?: true;
  /** Several: told apart by their media type. */
  readonly bodies?: readonly Body[];
}

/** A call whose parts were validated by the schemas of its route. */
export interface Call {
  readonly caller: Caller | undefined;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly headers: IncomingHttpHeaders;
  /** Where the connection comes from; a proxy's, behind one. */
  readonly address: string;
  /** The connection itself. */
  readonly socket: object;
  /** Returns a signal that is aborted when the client is gone, when the call gives way to another's, or the server stops. */
  readonly gone: () => AbortSignal;
  /** Counts a call that came without a caller as an open one of whoever signed its body. @throws ServeRefused `serve/open-calls`, `serve/busy` */
  readonly isBy: (identity: string) => void;
}

export interface Route extends Shape {
  readonly access: Access;
  readonly answer: (call: Call) => Answer | Promise<Answer>;
}

/** A call of a route that is the caller's own. */
export interface CallOf<P, Q, B> extends Omit<Call, 'caller' | 'params' | 'query' | 'body'> {
  readonly caller: Caller;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
}

type StaticOf<S extends TSchema | undefined> = S extends TSchema ? Static<S> : undefined;

/** Returns a route of whoever the roster lets submit; its handler is given what its schemas let through, by their types. */
export function callerRoute<
  P extends TSchema | undefined = undefined,
  Q extends TSchema | undefined = undefined,
  B extends TSchema | undefined = undefined,
>(
  shape: Omit<Shape, 'params' | 'query' | 'bodies'> & {
    readonly params?: P;
    readonly query?: Q;
    readonly json?: B;
    readonly answer: (call: CallOf<StaticOf<P>, StaticOf<Q>, StaticOf<B>>) => Answer | Promise<Answer>;
  },
): Route {
  const { params, query, json, answer, ...rest } = shape;
  return {
    ...rest,
    access: 'caller',
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { query }),
    ...(json === undefined ? {} : { bodies: [{ type: 'json' as const, schema: json }] }),
    // The server validated each part by the schema whose type this is.
    answer: (call) => answer(call as CallOf<StaticOf<P>, StaticOf<Q>, StaticOf<B>>),
  };
}

/** Returns the `Idempotency-Key` of a call. */
export function idempotencyKeyOf({ headers }: Pick<Call, 'headers'>): string | undefined {
  const key = headers['idempotency-key'];
  return typeof key === 'string' ? key : undefined;
}

/** Returns an answer of one document. */
export function document(
  fields: object,
  more: { readonly status?: number; readonly exitCode?: number; readonly location?: string } = {},
): Answer {
  const { status = 200, exitCode = 0, location } = more;
  return { kind: 'document', status, exitCode, fields, ...(location === undefined ? {} : { location }) };
}
