import { ExitCode, failureOf, jsonOf, type Failure, type JsonObject } from '@countersign/program';
import { phraseOf, ServeRefused } from './refusal.ts';

/** An answer that says what went wrong, RFC 9457. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly document: JsonObject;
  readonly retryAfter: number | undefined;
}

export const problemType = 'application/problem+json';

/** Returns the problem document of anything thrown; what no code names is a 500 that says nothing of the inside. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ServeRefused) {
    const { status, code, message, hint, retryAfter } = thrown;
    return { status, code, retryAfter, document: documentOf(status, { code, message, hint }) };
  }
  const failure = failureOf(thrown);
  const status = statusOf(failure);
  return {
    status,
    code: failure.code,
    retryAfter: status === 503 ? 1 : undefined,
    document: documentOf(status, failure),
  };
}

function documentOf(
  status: number,
  { code, message, hint, exitCode = ExitCode.error }: Omit<Failure, 'exitCode'> & { exitCode?: ExitCode },
): JsonObject {
  return jsonOf({
    type: 'about:blank',
    title: phraseOf(status),
    status,
    detail: message,
    code,
    hint,
    exitCode,
  }) as JsonObject;
}

const statuses: ReadonlyMap<string, number> = new Map([
  ['internal/unexpected', 500],
  ['request/not-found', 404],
  ['target/unknown', 404],
  ['target/unreachable', 503],
  ['run/busy', 503],
]);

/** Areas in which the home or a target, and not the call, is at fault. */
const own: readonly string[] = ['home', 'configuration', 'policy', 'target', 'file', 'keyfile', 'passphrase'];

/** The status follows from what a failure means to who called: theirs to mend, ours to mend, or the request's own state. */
function statusOf({ code, exitCode }: Failure): number {
  const known = statuses.get(code);
  if (known !== undefined) return known;
  if (own.includes(code.slice(0, code.indexOf('/')))) return 503;
  switch (exitCode) {
    case ExitCode.identity:
    case ExitCode.denied:
      return 403;
    case ExitCode.usage:
    case ExitCode.verificationFailed:
    case ExitCode.error:
      return 422;
    case ExitCode.done:
    case ExitCode.rejected:
    case ExitCode.expired:
    case ExitCode.waitTimedOut:
    case ExitCode.pending:
    case ExitCode.drift:
    case ExitCode.ambiguous:
    case ExitCode.interrupted:
      return 409;
  }
}
