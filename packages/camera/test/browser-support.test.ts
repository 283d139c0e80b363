import { expect, test } from 'vitest';
import { requireCameraBrowser } from '../src/browser-support.ts';
import { resolutionNamed } from '../src/resolution.ts';

const video = { prototype: { requestVideoFrameCallback: () => 0 } };
const VideoFrame = (): number => 0;

test('a browser that has both is taken', () => {
  expect(() => requireCameraBrowser({ VideoFrame, HTMLVideoElement: video })).not.toThrow();
});

test.each([
  ['Firefox 129', {}, { prototype: {} }, 'this browser has no VideoFrame and no requestVideoFrameCallback'],
  ['Firefox 131', { VideoFrame }, { prototype: {} }, 'this browser has no requestVideoFrameCallback'],
  ['one without VideoFrame', {}, video, 'this browser has no VideoFrame'],
])('%s is refused by what it lacks', (_name, scope, HTMLVideoElement, message) => {
  expect(() => requireCameraBrowser({ ...scope, HTMLVideoElement })).toThrow(
    expect.objectContaining({ code: 'camera/old-browser', message }) as Error,
  );
});

test('a resolution that nobody knows is the default', () => {
  expect(['720p', '1080p', 'most', 'toString', ''].map(resolutionNamed)).toEqual([
    '720p',
    '1080p',
    'most',
    '720p',
    '720p',
  ]);
});
