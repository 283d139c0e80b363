import type { SQLOutputValue } from 'node:sqlite';
import { TextDecoder } from 'node:util';
import type { Cell, Row } from '@countersign/diff';
import type { Connection, Values } from './connection.ts';
import { isSuspect, toCell } from './values.ts';

/** One row of a query: leading values of our own, then the cells. */
export interface ReadRow {
  readonly lead: Values;
  readonly cells: Row;
  /** Indexes of the cells that are text that is not Unicode and stands as `bytes`; no BLOB is the same value. */
  readonly notText: readonly number[];
}

/** Takes a row as the driver gives it, leading values and cells in one list. Good until the next row. */
export type TakeValues = (values: Values) => void;

/** Hands over the rows of a query: the quick form of `readRows`, without a value made for each cell. @throws SuspectText */
export function readQuick(connection: Connection, { lead, cells, rest }: RowQuery, take: TakeValues): void {
  if (encodingOf(connection) !== 'utf-8') throw new SuspectText('text is not UTF-8');
  for (const values of connection.rows(`SELECT ${[...lead, ...cells].join(', ')} ${rest}`)) {
    for (const value of values) if (isSuspect(value)) throw new SuspectText('text may not be Unicode');
    take(values);
  }
}

/** A query in pieces, so that it can be asked again in a form that carries every byte. */
export interface RowQuery {
  /** Expressions of our own. */
  readonly lead: readonly string[];
  /** Expressions of the values to be carried. */
  readonly cells: readonly string[];
  /** From FROM on. */
  readonly rest: string;
}

/** Thrown inside a first reading when a value may stand for bytes the driver could not show. */
export class SuspectText extends Error {}

/**
 * Yields the rows of a query. The quick form throws `SuspectText` at the first text that may have
 * lost bytes, in UTF-16 at once; the exact form reads every text as bytes too.
 */
export function* readRows(
  connection: Connection,
  query: RowQuery,
  form: 'quick' | 'exact',
): Generator<ReadRow> {
  const { lead, cells, rest } = query;
  const exact = cells.map((cell) => `CASE typeof(${cell}) WHEN 'text' THEN CAST(${cell} AS BLOB) END`);
  const columns = [...lead, ...cells, ...(form === 'exact' ? exact : [])];
  const encoding = encodingOf(connection);
  // The engine itself pairs up lone surrogates of UTF-16 text: no U+FFFD gives them away.
  if (form === 'quick' && encoding !== 'utf-8') throw new SuspectText('text is not UTF-8');
  const decoder = form === 'exact' ? new TextDecoder(encoding, { fatal: true, ignoreBOM: true }) : undefined;
  for (const values of connection.rows(`SELECT ${columns.join(', ')} ${rest}`)) {
    const plain = values.slice(lead.length, lead.length + cells.length);
    if (decoder === undefined) {
      if (plain.some(isSuspect)) throw new SuspectText('text may not be Unicode');
      yield { lead: values.slice(0, lead.length), cells: plain.map(toCell), notText: [] };
      continue;
    }
    const bytes = values.slice(lead.length + cells.length);
    const row = plain.map((value, index) => exactCell(value, bytes[index], decoder));
    const notText = [...row.keys()].filter((index) => row[index]?.type === 'bytes' && bytes[index] !== null);
    yield { lead: values.slice(0, lead.length), cells: row, notText };
  }
}

function exactCell(value: SQLOutputValue, bytes: SQLOutputValue | undefined, decoder: TextDecoder): Cell {
  if (typeof value !== 'string' || !(bytes instanceof Uint8Array)) return toCell(value);
  try {
    return { type: 'text', value: decoder.decode(bytes) };
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;

    return { type: 'bytes', value: new Uint8Array(bytes) };
  }
}

function encodingOf(connection: Connection): string {
  return String(connection.first('PRAGMA encoding')).toLowerCase();
}
