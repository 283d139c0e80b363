import type { Conditions } from './decision.ts';
import type { Request } from './request.ts';

/** The limits that hold at the run: the narrowest of the request's and of every counted approval's. Times are inclusive. */
export interface EffectiveConditions {
  readonly notBefore: number;
  readonly notAfter: number;
  readonly rowsMax: number;
  /** The request's own limit; `notAfter` is never later. */
  readonly runBy: number;
}

export type ConditionCode =
  'condition/too-early' | 'condition/too-late' | 'condition/too-many-rows' | 'condition/run-late';

export type ConditionCheck = { readonly met: true } | { readonly met: false; readonly code: ConditionCode };

/** The part of a request that conditions are measured against. */
export type Window = Pick<Request, 'madeAt' | 'runBy' | 'effect'>;

/** Returns the narrowest of `window` and of all `conditions` (docs/spec/records.md#conditions). */
export function effectiveConditions(
  window: Window,
  conditions: readonly (Conditions | undefined)[],
): EffectiveConditions {
  const given = conditions.filter((each) => each !== undefined);
  return {
    notBefore: Math.max(window.madeAt, ...given.map((each) => each.notBefore ?? 0)),
    notAfter: Math.min(window.runBy, ...given.map((each) => each.notAfter ?? window.runBy)),
    rowsMax: Math.min(
      ...given.map((each) => each.rowsMax ?? Number.MAX_SAFE_INTEGER),
      Number.MAX_SAFE_INTEGER,
    ),
    runBy: window.runBy,
  };
}

/** Returns whether a run at `now` (seconds) that changes `rows` rows keeps `conditions`, or the first it breaks. */
export function checkConditions(
  conditions: EffectiveConditions,
  run: { readonly now: number; readonly rows: number },
): ConditionCheck {
  if (run.now > conditions.runBy) return { met: false, code: 'condition/run-late' };
  if (run.now > conditions.notAfter) return { met: false, code: 'condition/too-late' };
  if (run.now < conditions.notBefore) return { met: false, code: 'condition/too-early' };
  if (run.rows > conditions.rowsMax) return { met: false, code: 'condition/too-many-rows' };
  return { met: true };
}

/** Why an approval's conditions are refused. */
export type WiderCode =
  'condition-after-window' | 'condition-before-request' | 'condition-empty' | 'condition-wider';

/** Returns how `conditions` go beyond `window` or leave nothing of it, or undefined when they only narrow it. */
export function widerThan(window: Window, conditions: Conditions | undefined): WiderCode | undefined {
  if (conditions === undefined) return undefined;
  const { notBefore, notAfter, rowsMax } = conditions;
  if (notBefore !== undefined && notBefore > window.runBy) return 'condition-after-window';
  if (notAfter !== undefined && notAfter > window.runBy) return 'condition-after-window';
  if (notAfter !== undefined && notAfter < window.madeAt) return 'condition-before-request';
  if (notBefore !== undefined && notAfter !== undefined && notBefore > notAfter) return 'condition-empty';
  if (rowsMax !== undefined && rowsMax > window.effect.rows) return 'condition-wider';
  return undefined;
}

/** Returns whether a decision at `now` (seconds) comes before the request's `reviewBy` has passed. */
export function isReviewOpen(request: Pick<Request, 'reviewBy'>, now: number): boolean {
  return now <= request.reviewBy;
}

/** Returns whether a run at `now` (seconds) comes before the request's `runBy` has passed. */
export function isRunOpen(request: Pick<Request, 'runBy'>, now: number): boolean {
  return now <= request.runBy;
}
