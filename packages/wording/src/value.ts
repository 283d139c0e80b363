import { toHex } from '@countersign/codec';
import type { Cell } from '@countersign/diff';
import { cutText } from './cut.ts';
import type { Span } from './document.ts';
import { harmless } from './harmless.ts';
import { formatQuantity } from './quantity.ts';
import { harmlessSpans, say } from './spans.ts';

const plainNumber = /^[\w.+:/ -]*$/u;
const plainName = /^[\p{L}\p{N}\p{M}_$.-]+$/u;

/** Returns the name of a table or column, in double quotes where it holds more than letters, digits and `_$.-`. */
export function showName(name: string): string {
  return plainName.test(name) ? harmless(name) : `"${harmless(name.replaceAll('"', '""'))}"`;
}

/** A value in spans, and how many of its bytes are not among them. */
export interface ShownValue {
  readonly spans: readonly Span[];
  readonly hiddenBytes: number;
}

/** Returns a typed value: `NULL`, `42`, `'text'`, `x'0aff'`, `1.50` or `true`; at most `bytesMax` bytes of it. */
export function showValue(cell: Cell, bytesMax: number): ShownValue {
  switch (cell.type) {
    case 'null':
      return { spans: [say('NULL', 'muted')], hiddenBytes: 0 };
    case 'integer':
    case 'boolean':
      return { spans: [say(String(cell.value))], hiddenBytes: 0 };
    case 'number': {
      const cut = cutText(cell.value, bytesMax);
      if (plainNumber.test(cell.value)) return showCut('', cut, '');
      // Nothing a number is made of: without quotes it could pass for words of ours.
      return showCut("number '", { ...cut, shown: cut.shown.replaceAll("'", "''") }, "'");
    }
    case 'text': {
      const cut = cutText(cell.value, bytesMax);
      return showCut("'", { ...cut, shown: cut.shown.replaceAll("'", "''") }, "'");
    }
    case 'bytes': {
      const shown = toHex(cell.value.subarray(0, bytesMax));
      return showCut("x'", { shown, hiddenBytes: Math.max(0, cell.value.length - bytesMax) }, "'");
    }
  }
}

/** Returns text from outside, at most `bytesMax` bytes of it and then how many are not shown. */
export function showText(text: string, bytesMax: number): ShownValue {
  return showCut('', cutText(text, bytesMax), '');
}

function showCut(open: string, cut: { shown: string; hiddenBytes: number }, close: string): ShownValue {
  const { shown, hiddenBytes } = cut;
  const spans = [say(open), ...harmlessSpans(shown), say(close)].filter((span) => span.text !== '');
  if (hiddenBytes === 0) return { spans, hiddenBytes };
  const note = say(` … ${formatQuantity(hiddenBytes, 'more byte')} not shown`, 'warning');
  return { spans: [...spans, note], hiddenBytes };
}
