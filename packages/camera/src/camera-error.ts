/** Every way in which a camera or the reader of its pictures can be refused. */
export type CameraErrorCode =
  | 'camera/not-allowed'
  | 'camera/none'
  | 'camera/busy'
  | 'camera/failed'
  | 'camera/ended'
  | 'camera/light'
  | 'camera/old-browser'
  | 'worker/failed'
  | 'worker/too-slow'
  | 'picture/without-code'
  | 'picture/undecodable';

/** The one error of this room. */
export class CameraError extends Error {
  readonly code: CameraErrorCode;

  constructor(code: CameraErrorCode, message: string, facts: { readonly cause?: unknown } = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'CameraError';
    this.code = code;
  }
}

// The names that browsers give to what `getUserMedia` refuses.
const causes: ReadonlyMap<string, readonly [CameraErrorCode, string]> = new Map([
  [
    'NotAllowedError',
    ['camera/not-allowed', 'the camera is not allowed, expected permission in the browser'],
  ],
  ['SecurityError', ['camera/not-allowed', 'the camera is not allowed in this page']],
  ['NotFoundError', ['camera/none', 'no camera is connected, expected one']],
  ['OverconstrainedError', ['camera/none', 'the chosen camera is not there any more, expected another']],
  ['NotReadableError', ['camera/busy', 'the camera is in use by another program, expected it free']],
  ['AbortError', ['camera/busy', 'the camera could not be started, expected it free']],
]);

/** Returns the error for what a browser threw when it was asked for a camera. */
export function cameraFailure(cause: unknown): CameraError {
  const name = cause instanceof Error ? cause.name : '';
  const [code, message] = causes.get(name) ?? ['camera/failed', 'the camera cannot be used here'];
  return new CameraError(code, message, { cause });
}
