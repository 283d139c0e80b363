import { warningTexts, type WarningCode } from './catalogue/warnings.ts';
import type { Block, Role, Span } from './document.ts';
import type { Notes } from './notes.ts';
import { harmlessSpans, say } from './spans.ts';
import { showText } from './value.ts';

/** Returns a labelled value of our own words. */
export function field(label: string, ...value: readonly Span[]): Block {
  return { kind: 'field', label, value };
}

/** Returns a labelled text from outside, shortened in a summary. */
export function foreignField(notes: Notes, label: string, text: string, role: Role = 'plain'): Block {
  const { spans, hiddenBytes } = showText(text, notes.limits.valueBytes);
  notes.leaveOut({ bytes: hiddenBytes });
  const value = spans.map((span) => (span.role === 'plain' ? { ...span, role } : span));
  return { kind: 'field', label, value };
}

/** Returns a line with a bullet. */
export function bullet(...spans: readonly Span[]): Block {
  return { kind: 'line', mark: '•', spans };
}

/** Returns a line without a mark. */
export function line(...spans: readonly Span[]): Block {
  return { kind: 'line', mark: ' ', spans };
}

/** Returns the line of a warning and notes it; `detail` is text from outside that it is about. */
export function warning(
  notes: Notes,
  code: WarningCode,
  {
    role = 'warning',
    detail,
  }: { readonly role?: 'warning' | 'danger'; readonly detail?: readonly Span[] } = {},
): Block {
  notes.warn(code);
  const about = detail === undefined ? [] : [say(' '), ...detail];
  return { kind: 'line', mark: '!', spans: [say(warningTexts[code], role), ...about] };
}

/** Returns spans with `separator` between each two. */
export function joinSpans(items: readonly (readonly Span[])[], separator: string): readonly Span[] {
  return items.flatMap((item, index) => (index === 0 ? item : [say(separator), ...item]));
}

/** Returns names from outside, parted by commas. */
export function nameSpans(names: readonly string[]): readonly Span[] {
  return joinSpans(
    names.map((name) => harmlessSpans(name)),
    ', ',
  );
}
