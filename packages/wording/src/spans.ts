import type { Role, Span } from './document.ts';
import { harmlessPieces } from './harmless.ts';

/** Returns text from outside as spans on one line, with every hidden character escaped. */
export function harmlessSpans(text: string, role: Role = 'plain'): readonly Span[] {
  return harmlessPieces(text).map((piece) => ({
    role: piece.kind === 'escape' ? 'escape' : role,
    text: piece.text,
  }));
}

/** Returns one span of our own words. */
export function say(text: string, role: Role = 'plain'): Span {
  return { role, text };
}

// A tab is drawn as an arrow; an arrow in the text is escaped, so that the two cannot be taken for one another.
const tabArrow = '⇥';

/** Returns a text of several lines, a list of spans a line. Tabs are drawn as `⇥`; everything else as in one line. */
export function codeLines(text: string): readonly (readonly Span[])[] {
  return text
    .split('\n')
    .map((line) =>
      line
        .split('\t')
        .flatMap((part, index) => [
          ...(index === 0 ? [] : [say(tabArrow, 'muted')]),
          ...part
            .split(tabArrow)
            .flatMap((piece, place) => [
              ...(place === 0 ? [] : [say('⟨U+21E5⟩', 'escape')]),
              ...harmlessSpans(piece),
            ]),
        ]),
    );
}

/** Returns the text of spans, without their roles. */
export function plainText(spans: readonly Span[]): string {
  return spans.map((span) => span.text).join('');
}
