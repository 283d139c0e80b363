/**
 * A camera in a page: its newest picture to a reader of codes in a worker, and back what was read and what it sees.
 *
 * The build puts the reader into a page as two elements (`scripts/build/reader-elements.ts`); `openEmbeddedReader` opens
 * it, a `CameraFeed` hands it pictures. What the page's security policy must allow stands in `worker-reader.ts`.
 *
 * @module
 */
export { CameraCheck, testMessage, type CameraFindings, type CameraOutcome } from './camera-check.ts';
export { CameraError, type CameraErrorCode } from './camera-error.ts';
export { CameraFeed, listCameras, watchCameras, type Camera, type FeedOptions } from './camera-feed.ts';
export { embeddedIds, openEmbeddedReader } from './embedded-reader.ts';
export { LocalReader } from './local-reader.ts';
export { emptyReport, type Report, type StreamProgress, type WholeMessage } from './report.ts';
export { PicturePile, type PassedOver } from './picture-pile.ts';
export type { PictureReader } from './picture-reader.ts';
export { WorkerReader } from './worker-reader.ts';
export { CodeShow, type Showing } from './code-show.ts';
export { showLimits, showPlan, stageAt, type ShowSettings, type ShowStage } from './show-plan.ts';
export { meantStreams, onlyWhole, StreamsInSight, type StreamInSight } from './streams-in-sight.ts';
export { resolutionDefault, resolutionNamed, resolutions, type Resolution } from './resolution.ts';
export { foreignAdvice, viewAdvice } from './view-advice.ts';
