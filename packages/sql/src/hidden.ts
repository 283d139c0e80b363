import { isHidden } from './text.ts';

/** Place of the first character outside literals that a screen does not show as what it is; undefined when there is none. */
export function firstHidden(
  sql: string,
  from: number,
  to: number,
): { readonly offset: number; readonly length: number } | undefined {
  for (let at = from; at < to; at += 1) {
    const code = sql.charCodeAt(at);
    if (code >= 0x20 && code < 0x7f) continue;
    if (code === 0x0d && sql.charCodeAt(at + 1) === 0x0a) continue;
    const codePoint = sql.codePointAt(at) ?? 0;
    const length = codePoint > 0xffff ? 2 : 1;
    if (isHidden(codePoint)) return { offset: at, length };
    at += length - 1;
  }
  return undefined;
}

/** Index of the first such character of a literal, emoji presentation (U+FE0F) and line ends excepted. */
export function firstHiddenInLiteral(sql: string, from: number, to: number): number | undefined {
  for (let at = from; at < to; at += 1) {
    const code = sql.charCodeAt(at);
    if (code >= 0x20 && code < 0x7f) continue;
    const codePoint = sql.codePointAt(at) ?? 0;
    if (codePoint > 0xffff) at += 1;
    if (codePoint !== 0xfe0f && codePoint !== 0x0d && isHidden(codePoint)) return at;
  }
  return undefined;
}
