import { utf8Length } from '@countersign/codec';

/** The start of a text and how much of it is not shown. */
export interface CutText {
  readonly shown: string;
  /** Bytes of UTF-8 that are left out; 0 when all is shown. */
  readonly hiddenBytes: number;
}

/** Returns `text`, or its first characters of at most `bytesMax` bytes of UTF-8, never half a character. */
export function cutText(text: string, bytesMax: number): CutText {
  if (bytesMax === Infinity) return { shown: text, hiddenBytes: 0 };
  const bytes = utf8Length(text);
  if (bytes <= bytesMax) return { shown: text, hiddenBytes: 0 };
  let shown = '';
  let used = 0;
  for (const character of text) {
    const next = utf8Length(character);
    if (used + next > bytesMax) break;
    shown += character;
    used += next;
  }
  return { shown, hiddenBytes: bytes - used };
}
