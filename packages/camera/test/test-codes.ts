import { testMessage } from '../src/camera-check.ts';

/** The message of the test codes, for tests of a page: the room's index has the browser's types besides. */
export function messageOfTest(): Uint8Array {
  return testMessage();
}
