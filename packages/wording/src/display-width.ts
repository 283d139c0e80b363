// East Asian wide and fullwidth characters, and pictographs: two columns of a terminal. Where terminals differ the wider is
// taken: a line broken early is ugly, one that runs over the edge goes on in column 0, where only our own headings stand.
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2630, 0x2637],
  [0x268a, 0x268f],
  [0x2e80, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18dff],
  [0x1aff0, 0x1b2ff],
  [0x1d300, 0x1d376],
  [0x1f000, 0x1faff],
  [0x20000, 0x3fffd],
];

/** Returns how many columns of a terminal a harmless text takes. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** Returns how many columns one harmless character takes: 0 for a mark over or under another, 2 for a wide one, else 1. */
export function characterWidth(character: string): number {
  const codePoint = character.codePointAt(0) ?? 0;
  if (codePoint < 0x300) return 1;
  if (/[\p{Mn}\p{Me}]/u.test(character)) return 0;
  if (/\p{Emoji_Presentation}/u.test(character)) return 2;
  return wide.some(([first, last]) => codePoint >= first && codePoint <= last) ? 2 : 1;
}
