/** How many pixels are asked of a camera. More of them read denser codes and codes further away, and take longer. */
export const resolutions = {
  '720p': { width: 1280, height: 720 },
  '1080p': { width: 1920, height: 1080 },
  /** More than cameras have: they give the most of theirs. */
  most: { width: 7680, height: 4320 },
} as const;

export type Resolution = keyof typeof resolutions;

/** What is asked for where nobody chose; about 2.6 pixels a module are needed. */
export const resolutionDefault: Resolution = '720p';

/** Returns the resolution with this name, or the default. */
export function resolutionNamed(name: string): Resolution {
  const names = Object.keys(resolutions) as readonly Resolution[];
  return names.find((known) => known === name) ?? resolutionDefault;
}
