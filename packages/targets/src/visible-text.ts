/** Returns a text of the engine as one line, cut at 200 characters, control and bidirectional characters escaped. */
export function visible(text: string): string {
  const cut = text.length > 200 ? `${text.slice(0, 199)}…` : text;
  // Such a cut may leave half a character.
  return cut
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}
