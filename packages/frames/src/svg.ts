import { checkQuietZone, isDark, quietZoneDefault, type Drawing } from './drawing.ts';

/**
 * Returns the code as a self-contained SVG, one unit a module, the quiet zone included.
 * @throws FrameError options/quiet-zone
 */
export function drawSvg(drawing: Drawing, quietZoneModules: number = quietZoneDefault): string {
  const quietZone = checkQuietZone(quietZoneModules);
  const side = drawing.size + 2 * quietZone;
  const runs: string[] = [];
  for (let y = 0; y < drawing.size; y++) {
    for (let x = 0; x < drawing.size; x++) {
      if (!isDark(drawing, x, y)) continue;
      const start = x;
      while (isDark(drawing, x + 1, y)) x++;
      const length = x + 1 - start;
      runs.push(`M${start + quietZone} ${y + quietZone}h${length}v1h-${length}z`);
    }
  }
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges">`;
  return `${open}<path fill="#fff" d="M0 0h${side}v${side}h-${side}z"/><path d="${runs.join('')}"/></svg>`;
}
