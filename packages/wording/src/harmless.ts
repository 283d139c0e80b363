/** A run of text that is shown as it is, or one character shown by its number because it would not show itself. */
export interface Piece {
  readonly kind: 'plain' | 'escape';
  readonly text: string;
}

// Control, format, private, surrogate, unassigned and separator characters, spaces other than U+0020, and
// everything that a font may leave out or draw as nothing (braille blank, null notehead). ⟨ and ⟩ are escaped too: what stands between them is always ours.
const hidden = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\u{1D159}⟨⟩]/u;
const mark = /\p{M}/u;
// Longer piles of marks climb over the lines around them.
const marksMax = 3;

// Most texts are nothing else, and a request may hold a hundred thousand of them.
const plainAscii = /^[ -~]+$/;

/** Returns `text` in pieces, in order, none empty: plain runs, and each character that a reader could not see. */
export function harmlessPieces(text: string): readonly Piece[] {
  if (plainAscii.test(text)) return [{ kind: 'plain', text }];
  const pieces: Piece[] = [];
  let plain = '';
  let marks = 0;
  for (const character of text) {
    marks = mark.test(character) ? marks + 1 : 0;
    const first = plain === '' && marks > 0;
    if (isHidden(character) || marks > marksMax || first) {
      if (plain !== '') pieces.push({ kind: 'plain', text: plain });
      plain = '';
      pieces.push({ kind: 'escape', text: escapeCharacter(character) });
    } else {
      plain += character;
    }
  }
  if (plain !== '') pieces.push({ kind: 'plain', text: plain });
  return pieces;
}

/**
 * Returns `text` on one line with every character visible: those that are not as `⟨U+202E⟩`. Different texts give
 * different results.
 */
export function harmless(text: string): string {
  return harmlessPieces(text)
    .map((piece) => piece.text)
    .join('');
}

/** Returns whether `text` holds a character that would not show itself; line feeds and tabs count when `layout` is false. */
export function hasHidden(text: string, layout: 'allowed' | 'counted'): boolean {
  if (plainAscii.test(text)) return false;
  for (const character of text) {
    if (layout === 'allowed' && (character === '\n' || character === '\t')) continue;
    if (isHidden(character) && character !== '⟨' && character !== '⟩') return true;
  }
  return false;
}

/** Returns whether `text` holds letters that are written from right to left and so may reorder what is beside them. */
export function hasRightToLeft(text: string): boolean {
  if (plainAscii.test(text)) return false;
  return /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u.test(
    text,
  );
}

/** Returns the name of one character, as `⟨U+202E⟩`; a lone surrogate by its own number. */
export function escapeCharacter(character: string): string {
  const codePoint = character.codePointAt(0) ?? 0;
  return `⟨U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}⟩`;
}

function isHidden(character: string): boolean {
  return character !== ' ' && hidden.test(character);
}
