/**
 * Everything that the page says in words of its own, and the only file of this folder that the rest of the page imports. What it says about a
 * request, and of an error that the command line has too, stands in packages/wording.
 *
 * @module
 */
import { foreignAdvice, viewAdvice } from '@countersign/camera';
import { foreignNames } from '@countersign/frames';
import { cameraTexts } from './camera.ts';
import { decisionTexts } from './decision.ts';
import { failureTexts } from './failures.ts';
import { frameTexts } from './frame.ts';
import { requestTexts } from './request.ts';
import { sittingTexts } from './sitting.ts';

/** By the screen, or the part of one, on which they stand. */
export const texts: typeof frameTexts &
  typeof sittingTexts &
  typeof requestTexts &
  typeof decisionTexts &
  typeof cameraTexts = {
  ...frameTexts,
  ...sittingTexts,
  ...requestTexts,
  ...decisionTexts,
  ...cameraTexts,
};

/** What each of the page's own codes means, and what to do next. */
export const failures: typeof failureTexts = failureTexts;

/** What is said of a picture; the executor's page and `scan` say the same. */
export const pictures: {
  /** By what the camera sees. */
  readonly advice: typeof viewAdvice;
  /** Of a code of somebody else. */
  readonly foreign: typeof foreignAdvice;
  /** What such a code holds. */
  readonly holds: typeof foreignNames;
} = { advice: viewAdvice, foreign: foreignAdvice, holds: foreignNames };
