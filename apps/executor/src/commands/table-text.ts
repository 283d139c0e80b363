import { displayWidth, harmless } from '@countersign/wording';

/** Returns foreign text as one harmless line of at most `widthMax` columns; what is cut off shows as `…`. */
export function oneLine(text: string, widthMax: number): string {
  // A long text is cut before it is made harmless: nobody waits for a megabyte that is not shown.
  const shown = harmless(text.slice(0, widthMax * 4));
  if (shown.length === text.length && displayWidth(shown) <= widthMax) return shown;
  let line = '';
  for (const character of shown) {
    if (displayWidth(line) + displayWidth(character) > widthMax - 1) return `${line}…`;
    line += character;
  }
  return text.length > widthMax * 4 ? `${line}…` : line;
}

/** Returns a heading and rows as lines with aligned columns; the last column is not padded. Cells must be harmless. */
export function tableLines(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const table = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...table.map((row) => displayWidth(row[column] ?? ''))));
  return table.map((row) =>
    row
      .map((cell, column) => `${cell}${' '.repeat((widths[column] ?? 0) - displayWidth(cell))}`)
      .join('  ')
      .trimEnd(),
  );
}
