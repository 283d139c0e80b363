const quotedLengthMax = 64;

// C0, DEL, C1, zero-width and bidirectional controls, line and paragraph separators, BOM, lone surrogates, tag characters.
// INVARIANT: nothing of these reaches a terminal; they move the cursor, hide text or turn its direction.
const unsafe =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]|\p{Surrogate}/gu;

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** Returns the text with every control, bidirectional and invisible character written as `\u{hex}`. */
export function visibleText(text: string): string {
  return text.replace(unsafe, escaped);
}

/** Returns the text between double quotes, made visible and cut after 64 characters: how an error message shows foreign text. */
export function quote(text: string): string {
  const cut = text.length > quotedLengthMax ? `${text.slice(0, quotedLengthMax)}…` : text;
  return `"${visibleText(cut)}"`;
}
