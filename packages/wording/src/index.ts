/**
 * What a person reads: one wording for terminal, page and report. Text from outside leaves this room only harmless.
 *
 * @module
 */
export { WordingError, type WordingErrorCode } from './wording-error.ts';
export {
  escapeCharacter,
  harmless,
  harmlessPieces,
  hasHidden,
  hasRightToLeft,
  type Piece,
} from './harmless.ts';
export { cutText, type CutText } from './cut.ts';
export { displayWidth } from './display-width.ts';
export { findLookAlikes, type LookAlike } from './look-alike.ts';
export { formatMoment, formatTime, parseTime } from './time.ts';
export { formatDuration, formatRelative, formatSpan, parseDuration } from './duration.ts';
export { formatBytes, formatCount, formatQuantity } from './quantity.ts';
export { codeLines, harmlessSpans, plainText, say } from './spans.ts';
export { showName, showText, showValue, type ShownValue } from './value.ts';
export type {
  Block,
  CellChange,
  ChangeMark,
  Document,
  LeftOut,
  Role,
  Section,
  SectionId,
  Span,
} from './document.ts';
export type {
  Check,
  CheckName,
  EarlierDecision,
  LastingReview,
  QuorumState,
  Requester,
  ShownReview,
} from './shown-review.ts';
export { shownAt, toShownReview, type ReviewParts } from './to-shown-review.ts';
export { describeOverTime, describeRequest } from './describe-request.ts';
export { rosterChangeLines } from './roster-change.ts';
export { agreementOf, compareFacts, type Agreement, type FactsDifference } from './facts-comparison.ts';
export { describeRefusal, explain } from './explain.ts';
export type { Explanation } from './catalogue/explanation.ts';
export { hazardTexts } from './catalogue/hazards.ts';
export { reviewWarningTexts, warningTexts, type WarningCode } from './catalogue/warnings.ts';
export { renderTerminal, type TerminalLook } from './terminal.ts';
