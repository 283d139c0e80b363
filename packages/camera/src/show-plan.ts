import { standingVersion } from '@countersign/frames';

/** One way to show codes. */
export interface ShowSettings {
  /** The largest QR version, 5 to 40. */
  readonly version: number;
  /** How often the codes change, times a second. */
  readonly rate: number;
  /** Codes side by side. */
  readonly codes: 1 | 2;
}

/** Settings and for how long, in seconds. */
export interface ShowStage extends ShowSettings {
  readonly seconds: number;
}

/** What a person may choose; a frame of one QR version does not go with one of another. */
export const showLimits = { versionMin: 5, versionMax: 40, rateMin: 1, rateMax: 30 } as const;

// What is tried in turn. The one who shows cannot know what arrives: it starts fast, and goes on slower and coarser,
// because a camera that had it all has stopped looking by then. The second stage shows the same cut as the first, so
// that what was read counts on.
const attempts: readonly ShowSettings[] = [
  { version: 25, rate: 15, codes: 2 },
  { version: 25, rate: 8, codes: 1 },
  { version: 15, rate: 6, codes: 2 },
  { version: 10, rate: 4, codes: 1 },
];

// One code that holds it all stands still first. It is dense: where it is not read the others follow.
const standing: ShowStage = { version: standingVersion, rate: 2, codes: 1, seconds: 6 };
const secondsMin = 4;
// A camera that loses a third of the codes has them all after half as many again.
const passes = 1.6;

/** Returns the stages by which a message is shown, over and over; `framesAt` gives how many frames it takes at a version. */
export function showPlan(framesAt: (version: number) => number): readonly ShowStage[] {
  const moving = attempts.map((settings) => {
    const shown = (passes * framesAt(settings.version)) / (settings.rate * settings.codes);
    return { ...settings, seconds: Math.max(secondsMin, shown) };
  });
  return framesAt(standing.version) === 1 ? [standing, ...moving.slice(1)] : moving;
}

/** Returns the stage of a plan at a moment, in seconds since it began. */
export function stageAt(plan: readonly ShowStage[], seconds: number): ShowStage | undefined {
  const whole = plan.reduce((sum, stage) => sum + stage.seconds, 0);
  let left = whole > 0 ? seconds % whole : 0;
  for (const stage of plan) {
    if (left < stage.seconds) return stage;
    left -= stage.seconds;
  }
  return plan.at(-1);
}
