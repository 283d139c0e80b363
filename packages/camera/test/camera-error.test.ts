import { expect, test } from 'vitest';
import { cameraFailure } from '../src/camera-error.ts';

test.each([
  ['NotAllowedError', 'camera/not-allowed'],
  ['SecurityError', 'camera/not-allowed'],
  ['NotFoundError', 'camera/none'],
  ['OverconstrainedError', 'camera/none'],
  ['NotReadableError', 'camera/busy'],
  ['AbortError', 'camera/busy'],
  ['TypeError', 'camera/failed'],
])('what a browser calls %s is %s', (name, code) => {
  const cause = new DOMException('as the browser says', name);
  expect(cameraFailure(cause)).toMatchObject({ name: 'CameraError', code, cause });
});
