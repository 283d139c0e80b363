const quotedLengthMax = 64;

/** Returns foreign text between double quotes, cut after 64 characters, everything but printable ASCII written as `\u{hex}`. */
export function quote(text: string): string {
  const cut = text.length > quotedLengthMax ? `${text.slice(0, quotedLengthMax)}…` : text;
  const visible = cut.replace(
    /[^ -~…]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return `"${visible}"`;
}
