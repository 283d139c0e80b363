import { formatCount, formatQuantity } from '@countersign/wording';
import { nameList } from './names.ts';

/** How a request comes in, and what stands beside its description, which is of packages/wording. */
export const requestTexts = {
  inbox: {
    title: 'Open a request',
    lead: 'It comes as a file, as pictures of QR codes, or through the camera. Nothing is signed by opening it.',
    file: 'Choose a file or pictures',
    camera: 'Use the camera',
    paste: 'Paste it as text',
    pasteLabel: 'The request in base64',
    pasteOpen: 'Open what was pasted',
    drop: 'or drop it anywhere on this page',
    verifying: 'Verifying',
    journal: 'Journal',
    change: 'Use another folder',
    ready: 'Ready',
    passedOver: 'Something else was in the pictures, and was passed over.',
    passedForeign: (name: string, what: string): string => `In ${name} a code holds ${what}.`,
    passedRefused: (name: string, code: string): string =>
      `In ${name} a code was not read rightly (${code}).`,
    passedIncomplete: (received: number, needed: number, names: readonly string[]): string =>
      `Of another message ${received} of ${formatQuantity(needed, 'code')} were there, in ${nameList(names)}.`,
  },
  review: {
    back: 'Close without deciding',
    contents: 'Contents',
    decide: 'Your decision',
    by: 'by',
    rows: (count: number): string => formatQuantity(count, 'changed row'),
    until: 'Review by',
    aloud: 'Read aloud',
    noRows: 'No rows are shown.',
    section: (marks: number): string => (marks === 0 ? '' : ` (${formatQuantity(marks, 'warning')})`),
  },
  statement: {
    line: (number: number): string => `line ${number}`,
    whole: 'About the whole statement',
    statement: (number: number, count: number): string => `Statement ${number} of ${count}`,
    label: (number: number): string => `Text of statement ${number}`,
    none: 'The text is empty.',
  },
  grid: {
    label: (table: string): string => `Changed rows of ${table}`,
    title: 'Rows of ',
    search: 'Search these rows',
    inserted: 'inserted',
    updated: 'updated',
    deleted: 'deleted',
    onlyChanged: 'Changed columns only',
    wrap: 'Wrap long values',
    showing: (first: number, last: number, count: number): string =>
      count === 0
        ? 'No row matches.'
        : `Rows ${formatCount(first)} to ${formatCount(last)} of ${formatQuantity(count, 'row')}`,
    seen: (seen: number, count: number): string =>
      seen === count
        ? `all ${formatCount(count)} seen`
        : `${formatCount(seen)} of ${formatCount(count)} seen`,
    keys: 'Arrow keys move, Page Up and Page Down turn pages; the row is unfolded below. Values that are cut, and columns out of sight, do not count as seen.',
    unfolded: (number: number): string => `Row ${formatCount(number)}, unfolded`,
    column: 'Column',
    before: 'Before',
    after: 'After',
    change: 'Change',
    key: 'key',
    same: 'unchanged',
    more: (count: number): string => ` … ${formatQuantity(count, 'more character')}, unfolded below`,
  },
  diff: {
    removed: 'removed',
    added: 'added',
    same: 'unchanged',
    label: 'What differs',
    nothing: 'Nothing differs.',
  },
} as const;
