import { utf8Length } from '@countersign/codec';
import { PolicyError } from './error.ts';
import type { Item } from './document.ts';
import type { Obligation } from './policy.ts';
import { closedMap, leaf, list, shown, text, wholeNumber } from './shape.ts';
import { formatWindow, intersectWindows, NEVER, parseWindow, readWindow } from './window.ts';

const KEYS = ['reason', 'ticket', 'max_rows', 'window', 'backup', 'mask', 'may_drift', 'fewer_rows'];
const PLAIN = '[a-z_\\u0080-\\uffff][a-z0-9_\\u0080-\\uffff]*';
/** Each name in its one form: what facts write without quotes would match nothing in them. */
const PART = `(?:${PLAIN}|"(?!${PLAIN}")[^",]+")`;
const COLUMN = new RegExp(`^(?:${PART}\\.){2}(?:${PART}|\\*)$`);
const COLUMN_LENGTH_MAX = 256;
export const COLUMNS_MAX = 64;
const PATTERN_LENGTH_MAX = 200;
/** The bytes that a request has for the value of an obligation. */
export const VALUE_BYTES_MAX = 1024;

/** Reads `obligations:` of a rule. @throws PolicyError with the place */
export function readObligations(item: Item | undefined): readonly Obligation[] {
  if (item === undefined) return [];
  const entries = closedMap(item, KEYS);
  if (entries.size === 0)
    throw new PolicyError('policy/outcome', 'no obligations, expected at least one', item.place);
  const found: Obligation[] = [];
  const read = (key: string, make: (value: Item) => Obligation): void => {
    const entry = entries.get(key);
    if (entry !== undefined) found.push(make(entry.value));
  };
  read('reason', (value) => ({ type: 'reason', lengthMin: wholeNumber(value, 1, 1000) }));
  read('ticket', (value) => ({ type: 'ticket', pattern: readPattern(value) }));
  read('max_rows', (value) => ({ type: 'max_rows', rows: wholeNumber(value, 0, 1_000_000_000) }));
  read('window', (value) => ({ type: 'window', window: readWindow(value) }));
  read('backup', (value) => ({ type: 'backup', hours: readHours(value) }));
  read('mask', (value) => ({ type: 'mask', columns: readColumns(value) }));
  read('may_drift', (value) => ({ type: 'may_drift', columns: readDrifting(value) }));
  read('fewer_rows', (value) => {
    if (leaf(value).value === true) return { type: 'fewer_rows' };
    throw new PolicyError('policy/type', 'expected fewer_rows: true', value.place);
  });
  return found;
}

/** Names of columns as facts write them, such as `main.customers.email`; `*` is every column of the table. */
function readColumns(item: Item): readonly string[] {
  const columns = list(item).map((one) => {
    const name = text(one, COLUMN_LENGTH_MAX);
    if (!isColumnName(name))
      throw new PolicyError(
        'policy/name',
        `column ${shown(name)}, expected schema.table.column as facts write it`,
        one.place,
      );
    return name;
  });
  if (columns.length === 0 || columns.length > COLUMNS_MAX)
    throw new PolicyError('policy/type', `expected 1 to ${COLUMNS_MAX} columns`, item.place);
  return [...new Set(columns)].sort();
}

/** Columns one by one: what may drift is read by approvers. */
function readDrifting(item: Item): readonly string[] {
  const columns = readColumns(item);
  const fault = driftingFault(columns);
  if (fault === undefined) return columns;
  throw new PolicyError('policy/type', fault, item.place);
}

/** What keeps columns that have the form of names from being ones that may drift; undefined when nothing does. */
export function driftingFault(columns: readonly string[]): string | undefined {
  const whole = columns.find((column) => column.endsWith('.*'));
  if (whole !== undefined) return `${shown(whole)} of may_drift, expected each column by its name`;
  return utf8Length(columns.join(', ')) > VALUE_BYTES_MAX
    ? `may_drift names more columns than a request can carry, expected at most ${VALUE_BYTES_MAX} bytes`
    : undefined;
}

/** Whether a text is the qualified name of a column as facts write it, or of every column of a table. */
export function isColumnName(name: string): boolean {
  return name.length <= COLUMN_LENGTH_MAX && COLUMN.test(name);
}

/** A pattern that the whole ticket must match. */
function readPattern(item: Item): RegExp {
  const source = text(item, PATTERN_LENGTH_MAX);
  try {
    return new RegExp(`^(?:${source})$`, 'u');
  } catch (error) {
    throw new PolicyError(
      'policy/pattern',
      `pattern ${shown(source)} is no regular expression`,
      item.place,
      error,
    );
  }
}

/** Whole hours of `24h` or `7d`. */
function readHours(item: Item): number {
  const match = /^([1-9]\d{0,3})(h|d)$/.exec(text(item, 8));
  if (match === null) throw new PolicyError('policy/type', 'expected an age such as 24h or 7d', item.place);
  return Number(match[1]) * (match[2] === 'd' ? 24 : 1);
}

/**
 * The stricter of two values of one obligation, each as a verdict carries it: the shorter window, the fewer rows, the
 * younger backup, the longer reason, the masks of both. Commutative, associative, idempotent.
 */
export function stricterObligation(name: string, a: string, b: string): string {
  if (a === b) return a;
  switch (name) {
    case 'window': {
      const both = formatWindow(intersectWindows(parseWindow(a), parseWindow(b)));
      // More pieces than a request can carry: never is stricter than either.
      return both.length > VALUE_BYTES_MAX ? NEVER : both;
    }
    case 'max_rows':
    case 'backup':
      return numberIn(a) < numberIn(b) ? a : b;
    case 'reason':
      return numberIn(a) > numberIn(b) ? a : b;
    case 'mask':
      return [...new Set([...a.split(', '), ...b.split(', ')])].sort().join(', ');
    default:
      return a < b ? b : a;
  }
}

function numberIn(value: string): number {
  return Number(/\d+/.exec(value)?.[0] ?? 0);
}
