import { quoteName } from './values.ts';

/** How the values of a column are asked for, so that no two of them look the same. */
export type ShownAs = 'value' | 'bytes' | 'number';

export interface Shown {
  readonly shownAs: ShownAs;
  /** What stands in a text for something that it cannot say; such a column is looked at as bytes. */
  readonly doubt: RegExp | undefined;
}

/** Some servers let halves of characters in, for which the driver writes U+FFFD. */
const ownTexts: readonly string[] = ['utf8', 'utf8mb3', 'utf8mb4', 'latin1'];
/** Each of their characters is another one in Unicode, or none: for those the server writes a question mark. */
const convertedTexts: ReadonlySet<string> = new Set(
  `ascii cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 dec8 geostd8 greek hebrew hp8 keybcs2 koi8r koi8u latin2 latin5
  latin7 macce macroman swe7 tis620 utf16 utf16le`.split(/\s+/),
);

/** @param charset empty for a column that is no text */
export function shownOf(type: string, columnType: string, charset: string): Shown {
  // The empty member looks like the value of what is no member.
  const hasEmpty = /^(?:enum|set)$/.test(type) && /[(,]''(?:,'|\))/.test(columnType);
  if (hasEmpty) return { shownAs: 'number', doubt: undefined };
  if (charset === '' || charset === 'binary') return { shownAs: 'value', doubt: undefined };
  if (ownTexts.includes(charset)) return { shownAs: 'value', doubt: /\ufffd/ };
  if (convertedTexts.has(charset)) return { shownAs: 'value', doubt: /[?\ufffd]/ };
  return { shownAs: 'bytes', doubt: undefined };
}

/** The expression by which a column is read. */
export function readAs(name: string, shownAs: ShownAs): string {
  const quoted = quoteName(name);
  switch (shownAs) {
    case 'value':
      return quoted;
    case 'bytes':
      return `CAST(${quoted} AS BINARY)`;
    case 'number':
      return `CAST(${quoted} AS UNSIGNED)`;
  }
}

/** A text was met that does not say what it is. */
export class DoubtfulText extends Error {
  readonly table: string;
  readonly column: number;

  constructor(table: string, column: number) {
    super('text does not say what it is');
    this.table = table;
    this.column = column;
  }
}
